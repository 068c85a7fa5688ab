"""`doorward keys`: the keys that sign access tokens."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from ..server import signing_keys
from ..server.options import read_options
from ..server.plural import counted
from ..types import SigningKey
from .commands import Verb, run
from .open import opened_auth, opened_deciding
from .output import Answer, NotDone, long, table, when

NONE = "There are no signing keys; a server makes the first ones when it starts in token mode."


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("keys", VERBS, argv)


async def _list(given: Namespace) -> Answer:
    async with opened_auth(read_options(given)) as auth:
        every, now = await auth.signing.keys(), auth.clock()
    head = ("KEY", "ALGORITHM", "STATE", "AGE", "CREATED (UTC)", "SIGNS FROM (UTC)")
    rows = [
        (
            key.kid,
            key.algorithm,
            signing_keys.state(key, every, now),
            long(max(0, now - key.created_at)),
            when(key.created_at),
            "-" if key.signs_from is None else when(key.signs_from),
        )
        for key in every
    ]
    data = [_entry(key, every, now) for key in every]
    return Answer({"keys": data}, table(head, rows) if rows else [NONE])


async def _rotate(given: Namespace) -> Answer:
    async with opened_deciding(read_options(given)) as auth:
        if not await auth.signing.keys():
            raise NotDone(NONE)
        heir, now = await signing_keys.rotate(auth), auth.clock()
    begins = heir.signs_from or now
    signs = "signs from now on" if begins <= now else f"will sign from {when(begins)} UTC on"
    lines = [f"Key {heir.kid} {signs}; nobody is logged out."]
    if begins > now:
        lines.append("Until then others, who may keep our public keys for an hour, learn of it.")
    return Answer({"kid": heir.kid, "signs_from": begins}, lines)


async def _compromise(given: Namespace) -> Answer:
    async with opened_deciding(read_options(given)) as auth:
        try:
            gone, signer = await signing_keys.compromise(auth, given.kid)
        except LookupError as error:
            raise NotDone(str(error.args[0])) from error
    data = {"kid": given.kid, "withdrawn": gone, "signing": signer.kid}
    if not gone:
        return Answer(data, ["This key was withdrawn before."])
    many = counted(len(gone), "key")
    lines = [
        f"Withdrew {many}; nothing signed with {', '.join(gone)} is accepted any more.",
        f"Key {signer.kid} signs now; people with a good refresh token stay logged in.",
    ]
    return Answer(data, lines)


def _entry(key: SigningKey, every: Sequence[SigningKey], now: int) -> dict[str, object]:
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": signing_keys.state(key, every, now),
        "created_at": key.created_at,
        "signs_from": key.signs_from,
        "withdrawn_at": key.withdrawn_at,
    }


def _kid(parser: ArgumentParser) -> None:
    parser.add_argument("kid", metavar="KID", help="the key, as `keys list` shows it")


VERBS = {
    "list": Verb(what="Show every key that signs or ever signed access tokens.", run=_list),
    "rotate": Verb(what="Let the next signing key take over.", run=_rotate),
    "compromise": Verb(
        what="Accept nothing any more that a key signed.", run=_compromise, arguments=_kid
    ),
}
