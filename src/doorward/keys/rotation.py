"""The life of signing keys: which one signs, and what to write next.

A key is published first (`signs_from` None), signs from a time on, is retired when a later one
begins, and may be withdrawn.  Everything here is decided from the rows alone, so processes that
hold the same rows agree; of two keys that begin at once, the greater kid is the later.
"""

import json
from collections.abc import Sequence
from dataclasses import replace

from ..types import SigningKey
from .algorithm import signing
from .jwk import thumbprint
from .root import RootKeys
from .seal import is_current, seal, unseal


def first_keys(algorithm: str, root: RootKeys, now: int) -> list[SigningKey]:
    """The keys of a store that has none: one that signs now, and the next one, published.

    Raises `ConfigurationError` when `algorithm` is not ES256, EdDSA or RS256.
    """
    return [_made(algorithm, root, now, signs_from=now), _made(algorithm, root, now)]


def rotated(keys: Sequence[SigningKey], root: RootKeys, now: int, ahead: int) -> list[SigningKey]:
    """What to put so that the next key takes over, as soon as it has been public for `ahead`
    seconds (the time a JWKS is cached), and another one waits.

    Keys sealed under an older root key are sealed anew, so that it may be dropped afterwards.
    Raises `LookupError` when `keys` is not at least one that lives.
    """
    live = [key for key in keys if key.withdrawn_at is None]
    algorithm = signer_at(live, now).algorithm
    waiting = sorted(_waiting(live), key=lambda key: (key.created_at, key.kid))
    heir, *spare = waiting or [_made(algorithm, root, now)]
    heir = replace(heir, signs_from=max(now, heir.created_at + ahead))
    made = [] if spare else [_made(algorithm, root, now)]
    outdated = [key for key in live if key.kid != heir.kid and not _is_current(root, key)]
    return [_resealed(root, heir), *made, *(_resealed(root, key) for key in outdated)]


def withdrawn(keys: Sequence[SigningKey], root: RootKeys, kid: str, now: int) -> list[SigningKey]:
    """What to put when the key `kid` is compromised.  Its private part is gone for good.

    If it is the one that signs, a new one signs at once; those that were to follow it have lain
    beside it, may be known too, and are withdrawn as well, which costs nobody anything.  If it was
    itself to follow, another one waits in its place.  There is nothing to put for one already
    withdrawn.  Raises `LookupError` when there is no such key.
    """
    lost = next((key for key in keys if key.kid == kid), None)
    if lost is None:
        raise LookupError(f"There is no signing key {kid!r}.")
    if lost.withdrawn_at is not None:
        return []
    live = [key for key in keys if key.withdrawn_at is None]
    signer = signer_at(live, now) if scheduled(live) else lost
    to_come = [key for key in live if key != signer and _is_to_come(key, now)]
    if lost == signer:
        replacements = first_keys(lost.algorithm, root, now)
        return [_without_private(key, now) for key in (lost, *to_come)] + replacements
    spare = [key for key in _waiting(live) if key != lost]
    made = [] if spare or lost not in to_come else [_made(lost.algorithm, root, now)]
    return [_without_private(lost, now), *made]


def scheduled(keys: Sequence[SigningKey]) -> list[tuple[int, SigningKey]]:
    """The keys that have a time to sign from and are not withdrawn, with it, in order."""
    timed = [
        (key.signs_from, key)
        for key in keys
        if key.signs_from is not None and key.withdrawn_at is None
    ]
    return sorted(timed, key=lambda entry: (entry[0], entry[1].kid))


def signer_at(keys: Sequence[SigningKey], now: int) -> SigningKey:
    """The newest key that signs at `now`; else the first that will, as the clock of the process
    that set its time may be ahead of ours.  Raises `LookupError` when there is none."""
    order = scheduled(keys)
    if not order:
        raise LookupError("There is no key to sign with.")
    begun = [key for begins, key in order if begins <= now]
    return begun[-1] if begun else order[0][1]


def private_part(root: RootKeys, key: SigningKey) -> bytes:
    """The private key, opened.  Raises `ConfigurationError` when `root` does not open it, which
    also tells a row that somebody else wrote into the database: nothing is signed or verified with
    a key that was not made under our root."""
    return unseal(root, _name(key), key.sealed_private or b"")


def _made(algorithm: str, root: RootKeys, now: int, signs_from: int | None = None) -> SigningKey:
    methods = signing(algorithm)
    private = methods.generate()
    members = methods.public_jwk(private)
    kid = thumbprint(members)
    public = json.dumps({**members, "alg": algorithm, "kid": kid, "use": "sig"})
    key = SigningKey(
        kid=kid,
        algorithm=algorithm,
        public_jwk=public,
        sealed_private=None,
        created_at=now,
        signs_from=signs_from,
    )
    return replace(key, sealed_private=seal(root, _name(key), private))


def _name(key: SigningKey) -> str:
    """What a sealed private key is bound to: it cannot become another key, or serve another
    algorithm."""
    return f"{key.algorithm} {key.kid}"


def _waiting(live: Sequence[SigningKey]) -> list[SigningKey]:
    return [key for key in live if key.signs_from is None]


def _is_to_come(key: SigningKey, now: int) -> bool:
    return key.signs_from is None or key.signs_from > now


def _is_current(root: RootKeys, key: SigningKey) -> bool:
    return is_current(root, _name(key), key.sealed_private or b"")


def _resealed(root: RootKeys, key: SigningKey) -> SigningKey:
    return replace(key, sealed_private=seal(root, _name(key), private_part(root, key)))


def _without_private(key: SigningKey, now: int) -> SigningKey:
    return replace(key, sealed_private=None, withdrawn_at=now)
