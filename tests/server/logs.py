"""Long audit logs, written in seconds: sealed as the server seals them, past its queue."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from doorward.server.audit.chain import GENESIS, seal
from doorward.server.audit.entry import Entry, texts
from doorward.server.db.database import open_database

BEGIN = 1_700_000_000
INSERT = "INSERT INTO doorward_audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
KINDS = ("login",) * 12 + ("logout",) * 4 + ("login_failed",) * 3 + ("password_changed",)


def entry(number: int, **more: object) -> Entry:
    """One of a busy year: 1,000 people at 5,000 addresses, one entry a second."""
    who = f"u_{number % 1000:032x}"
    given = {
        "kind": KINDS[number % len(KINDS)],
        "at": BEGIN + number,
        "actor": who,
        "subject": who,
        "sid": f"{number:022d}",
        "address": f"2001:db8::{number * 7 % 5000:x}",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
        **more,
    }
    return Entry(**given)  # type: ignore[arg-type]


async def write_log(path: Path, many: int, made: Callable[[int], Entry] = entry) -> None:
    """A database whose log has so many entries."""
    await (await open_database(f"sqlite:///{path}")).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(INSERT, _rows(many, made))


def open_to_forgers(path: Path) -> None:
    """Take away what the database itself holds against change."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in ("order", "update", "delete"):
            connection.execute(f"DROP TRIGGER doorward_audit_{name}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def _rows(many: int, made: Callable[[int], Entry]) -> Iterator[tuple[object, ...]]:
    previous = GENESIS
    for seq in range(1, many + 1):
        one = made(seq - 1)
        values = list(texts(one).values())
        fields = (b"%d" % one.at, *[value.encode() for value in values])
        previous = seal(previous, seq, fields)
        yield seq, one.at, *values, previous
