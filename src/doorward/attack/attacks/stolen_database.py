"""A copy of the database, and every value in it tried as every credential."""

import base64
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, encode
from ..target import Login, Target
from ..verdict import Verdict, held, not_applicable, succeeded

MOST_ROWS = 12
"""Of each table: the victim's, and the newest."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.files is None:
        return not_applicable("Only an instance that the lab started shows its files.")
    victim, thief = target.log_in(), target.log_in()
    with TemporaryDirectory(prefix="doorward-stolen-") as folder:
        raw = _copy(target.files.database, Path(folder))
        written = _written(raw, victim)
        if written:
            return succeeded(f"The {written} stood in the file as it is.")
        values = list(_values(Path(folder, target.files.database.name), victim))
    if not any(value == victim.account.email for value in values):
        raise AssertionError("the copy does not show the victim's account")
    tried = {text for value in values for text in _texts(value)}
    if target.way.mode == "session":
        tried |= set(_spliced(thief.credential, values))
    for text in sorted(tried):
        if _opens(target, victim, text):
            return succeeded("A value of the stolen database worked as a credential.")
    return held(f"None of {len(tried)} texts from the stolen file opened anything.")


def _copy(database: Path, folder: Path) -> bytes:
    """Every byte of the database and what was not yet moved from its log into it."""
    paths = [path for path in database.parent.glob(f"{database.name}*") if path.is_file()]
    for path in paths:
        shutil.copy(path, folder)
    return b"".join((folder / path.name).read_bytes() for path in paths)


def _written(raw: bytes, victim: Login) -> str:
    secrets = {
        "password": victim.account.password,
        "credential": victim.credential,
        "refresh token": victim.refresh,
    }
    return next((name for name, text in secrets.items() if text and text.encode() in raw), "")


def _values(path: Path, victim: Login) -> Iterator[str | bytes]:
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("select name from sqlite_schema where type = 'table'").fetchall()
        for (table,) in tables:
            rows = database.execute(f'select * from "{table}"').fetchall()  # noqa: S608 - its own
            own = [row for row in rows if victim.account.subject in row]
            for row in (own + rows[::-1])[:MOST_ROWS]:
                yield from (value for value in row if isinstance(value, str | bytes) and value)


def _texts(value: str | bytes) -> list[str]:
    """A stored value as a client could send it."""
    if isinstance(value, str):
        return [value] if 8 <= len(value) <= 4_000 and value.isascii() else []
    return [value.hex(), encode(value), base64.b64encode(value).decode()]


def _spliced(own: str, values: list[str | bytes]) -> Iterator[str]:
    """The thief's own session token with a stored id and a stored digest in their places."""
    prefix = own[: -len(encode(bytes(48)))]
    ids = {value for value in values if isinstance(value, str) and len(value) == 32}
    digests = [value for value in values if isinstance(value, bytes) and len(value) == 32]
    if decode(own.removeprefix(prefix))[:16].hex() not in ids:
        raise AssertionError("a session token no longer begins with the id of its row")
    for sid in sorted(ids):
        if set(sid) <= set("0123456789abcdef"):
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
    story="A thief copies the database file, with its log, from a backup or a lost disk."
    " They try every value in it as every credential. What is stored as it is opens every account.",
    references=("CWE-312", "ASVS V11.4.2", "ASVS V13.3.1"),
    defences=("a stored id opens nothing",),
    run=_run,
)
