"""The life of signing keys: which one signs, and what to write next.

A key is published first (`signs_from` None), signs from a time on, is retired when a later one
begins, and may be withdrawn.  Everything here is decided from the rows alone, so processes that
hold the same rows agree; of two keys that begin at once, the greater kid is the later.

Keys follow one another within their line (`types.Line`), and no line knows of the other: what is
withdrawn in one leaves the other as it is.
"""

import json
from collections.abc import Sequence
from dataclasses import replace

from ..types import ID_LINE, Line, SigningKey
from .algorithm import signing
from .jwk import thumbprint
from .root import RootKeys
from .seal import is_current, seal, unseal

LINES: tuple[Line, ...] = ("access", "id")


def first_keys(algorithm: str, root: RootKeys, now: int, line: Line = "access") -> list[SigningKey]:
    """The keys of a line that has none: one that signs now, and the next one, published.

    Raises `ConfigurationError` when `algorithm` is not ES256, EdDSA or RS256.
    """
    signs = _made(algorithm, root, now, line, signs_from=now)
    return [signs, _made(algorithm, root, now, line)]


def rotated(keys: Sequence[SigningKey], root: RootKeys, now: int, ahead: int) -> list[SigningKey]:
    """What to put so that in each line the next key takes over, as soon as it has been public for
    `ahead` seconds (the time a JWKS is cached), and another one waits.

    Keys sealed under an older root key are sealed anew, so that it may be dropped afterwards.
    Raises `LookupError` when no living key is to sign access tokens.
    """
    live = [key for key in keys if key.withdrawn_at is None]
    first, *others = LINES
    lines = [first, *(line for line in others if scheduled(live, line))]
    turned = [key for line in lines for key in _turned(live, line, root, now, ahead)]
    done = {key.kid for key in turned}
    outdated = [key for key in live if key.kid not in done and not _is_current(root, key)]
    return [*turned, *(_resealed(root, key) for key in outdated)]


def _turned(
    keys: Sequence[SigningKey], line: Line, root: RootKeys, now: int, ahead: int
) -> list[SigningKey]:
    """The next key of a line, with its time, and the one after it if none waits."""
    algorithm = signer_at(keys, now, line).algorithm
    live = [key for key in keys if key.line == line]
    waiting = sorted(_waiting(live), key=lambda key: (key.created_at, key.kid))
    heir, *spare = waiting or [_made(algorithm, root, now, line)]
    heir = replace(heir, signs_from=max(now, heir.created_at + ahead))
    made = [] if spare else [_made(algorithm, root, now, line)]
    return [_resealed(root, heir), *made]


def withdrawn(keys: Sequence[SigningKey], root: RootKeys, kid: str, now: int) -> list[SigningKey]:
    """What to put when the key `kid` is compromised.  Its private part is gone for good.

    If it is the one of its line that signs, a new one signs at once; those that were to follow it
    have lain beside it, may be known too, and are withdrawn as well, which costs nobody anything.
    If it was itself to follow, another one waits in its place.  The other line stays as it is.
    There is nothing to put for one already withdrawn.  Raises `LookupError` when there is no such
    key.
    """
    lost = next((key for key in keys if key.kid == kid), None)
    if lost is None:
        raise LookupError(f"There is no signing key {kid!r}.")
    if lost.withdrawn_at is not None:
        return []
    line = lost.line
    live = [key for key in keys if key.withdrawn_at is None and key.line == line]
    signer = signer_at(live, now, line) if scheduled(live, line) else lost
    to_come = [key for key in live if key != signer and _is_to_come(key, now)]
    if lost == signer:
        replacements = first_keys(lost.algorithm, root, now, line)
        return [_without_private(key, now) for key in (lost, *to_come)] + replacements
    spare = [key for key in _waiting(live) if key != lost]
    made = [] if spare or lost not in to_come else [_made(lost.algorithm, root, now, line)]
    return [_without_private(lost, now), *made]


def scheduled(keys: Sequence[SigningKey], line: Line) -> list[tuple[int, SigningKey]]:
    """The keys of a line that have a time to sign from and are not withdrawn, with it, in order."""
    timed = [
        (key.signs_from, key)
        for key in keys
        if key.signs_from is not None and key.withdrawn_at is None and key.line == line
    ]
    return sorted(timed, key=lambda entry: (entry[0], entry[1].kid))


def signer_at(keys: Sequence[SigningKey], now: int, line: Line = "access") -> SigningKey:
    """The newest key of a line that signs at `now`; else the first that will, as the clock of the
    process that set its time may be ahead of ours.  Raises `LookupError` when there is none."""
    order = scheduled(keys, line)
    if not order:
        raise LookupError("There is no key to sign with.")
    begun = [key for begins, key in order if begins <= now]
    return begun[-1] if begun else order[0][1]


def private_part(root: RootKeys, key: SigningKey) -> bytes:
    """The private key, opened.  Raises `ConfigurationError` when `root` does not open it, which
    also tells a row that somebody else wrote into the database: nothing is signed or verified with
    a key that was not made under our root."""
    return unseal(root, _name(key), key.sealed_private or b"")


def _made(
    algorithm: str, root: RootKeys, now: int, line: Line, signs_from: int | None = None
) -> SigningKey:
    methods = signing(algorithm)
    private = methods.generate()
    members = methods.public_jwk(private)
    kid = (ID_LINE if line == "id" else "") + thumbprint(members)
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
    """What a sealed private key is bound to: it cannot become another key, serve another algorithm
    or change to the other line."""
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
