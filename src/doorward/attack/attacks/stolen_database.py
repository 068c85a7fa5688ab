"""A copy of the databases, and every value in it tried as every credential."""

import base64
import re
from collections.abc import Iterator

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, encode
from ..target import Login, Target
from ..verdict import Verdict, held, not_applicable, succeeded

WORD = re.compile(r"[A-Za-z0-9_.+/=-]+")
SID = re.compile(r"[0-9a-f]{32}")
HEX, BASE64 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[A-Za-z0-9_-]{43}")
"""How a digest of 32 bytes is written."""

OLDER = 60
"""How many of the values from before are tried; with `full`, all are."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.stored is None:
        return not_applicable("Only an instance that the lab started shows its databases.")
    before = target.stored()
    victim, thief = target.log_in(target.sign_up()), target.log_in(target.sign_up())
    after = target.stored()
    if victim.account.email not in after:
        raise AssertionError("the copy does not show the victim's account")
    if written := _written(_bytes(target, after), victim):
        return succeeded(f"The {written} is stored in the database in plain text.")
    fresh = sorted(set(after) - set(before), key=str)
    older = sorted(before, key=str)
    if not attacker.full:
        older = attacker.random.sample(older, min(OLDER, len(older)))
    tried = {text for value in [*fresh, *older] for text in _texts(value)}
    if target.way.mode == "session":
        tried |= set(_spliced(thief.credential, fresh))
    for text in sorted(tried):
        if _opens(target, victim, text):
            return succeeded("A value of the stolen database worked as a credential.")
    return held(
        f"None of {len(tried)} values from the stolen database was accepted as a credential."
    )


def _bytes(target: Target, values: list[str | bytes]) -> bytes:
    """Every value; and every byte of a database file and of the log beside it."""
    file = None if target.files is None else target.files.database
    paths = [] if file is None else sorted(file.parent.glob(f"{file.name}*"))
    parts = [value if isinstance(value, bytes) else value.encode() for value in values]
    return b"\n".join([*parts, *(path.read_bytes() for path in paths if path.is_file())])


def _written(raw: bytes, victim: Login) -> str:
    secrets = {
        "password": victim.account.password,
        "credential": victim.credential,
        "refresh token": victim.refresh,
    }
    return next((name for name, text in secrets.items() if text and text.encode() in raw), "")


def _texts(value: str | bytes) -> list[str]:
    """A stored value, and each word in it, as a client could send them."""
    text = value if isinstance(value, str) else value.decode("latin-1")
    if not text.isascii() or not text.isprintable():
        raw = text.encode("latin-1", "ignore")
        return [raw.hex(), encode(raw), base64.b64encode(raw).decode()]
    return [each for each in (text, *WORD.findall(text)) if 8 <= len(each) <= 4_000]


def _spliced(own: str, values: list[str | bytes]) -> Iterator[str]:
    """The thief's own session token with a stored id and a stored digest in their places."""
    prefix = own[: -len(encode(bytes(48)))]
    words = {text for value in values for text in _texts(value)}
    ids = {text for text in words if SID.fullmatch(text)}
    if decode(own.removeprefix(prefix))[:16].hex() not in ids:
        raise AssertionError("a session token no longer begins with the id of its row")
    digests = {bytes.fromhex(text) for text in words if HEX.fullmatch(text)}
    digests |= {decode(text) for text in words if BASE64.fullmatch(text)}
    if not digests:
        raise AssertionError("no secret of a session was stored, nor its digest")
    for sid in sorted(ids):
        yield from (prefix + encode(bytes.fromhex(sid) + digest) for digest in digests)


def _opens(target: Target, victim: Login, text: str) -> bool:
    if "\r" in text or "\n" in text or ";" in text:
        return False
    if target.me(victim, text).status == 200:
        return True
    return target.way.mode == "token" and target.refresh(text).status == 200


ATTACK = Attack(
    id="stolen-database",
    title="A stolen database",
    story="A thief copies the database, from a backup, a replica or a lost disk. They try every"
    " value in it as every credential. A secret that is stored in plain text opens an"
    " account.",
    references=("CWE-312", "ASVS V11.4.2", "ASVS V13.3.1"),
    defences=("stored ids are no credentials",),
    run=_run,
)
