"""The cost of the stores, beside that of the lowest call that they need.

    python bench/stores.py [ROUNDS] [FOLDER] [URL ...]

Prints medians in microseconds of wall-clock time per call.  The ways are measured in turn, round
after round, so that a busy moment of the machine hits all of them alike.  Durable writes end on
the disk that holds FOLDER (default: the folder for temporary files).  Each URL names an empty store
across a network, which is filled; one of PostgreSQL is set beside asyncpg's own pool.
"""

import asyncio
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import asyncpg

from doorward.stores import Backend, open_store
from doorward.stores.memory import MemoryStore
from doorward.stores.rows import SELECT
from doorward.stores.sqlite import SQLiteStore
from doorward.types import Device, Session

NOW = 1_800_000_000
ANY_MARK = 2**62
IN_FLIGHT = 32
EACH = 25
DEVICE = Device("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0", "Firefox on Linux")
Way = tuple[int, Callable[[], Awaitable[object]]]


def a_session(number: int) -> Session:
    """A session as a login makes it; ten of each subject."""
    return Session(
        sid=f"{number * 7919 % 1_000_003:022d}",
        subject=f"subject-{number // 10}",
        mode="session",
        secret_hash=os.urandom(32),
        created_at=NOW,
        authenticated_at=NOW,
        seen_at=NOW - number % 100_000,
        expires_at=NOW + 2_592_000,
        ends_at=NOW + 1_209_600,
        rotated_at=NOW,
        roles=frozenset({"editor"}),
        amr=("pwd",),
        device=DEVICE,
    )


async def fill(store: Backend, size: int) -> None:
    for start in range(0, size, 100):
        sessions = [a_session(number) for number in range(start, min(start + 100, size))]
        await asyncio.gather(*(store.insert(session, ANY_MARK, NOW) for session in sessions))


async def repeated(call: Callable[[], Awaitable[object]], times: int) -> None:
    for _ in range(times):
        await call()


def in_tasks(get: Callable[[str], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """So many tasks, each asking for its own session `EACH` times, one after another."""

    async def ask(sid: str) -> None:
        await repeated(lambda: get(sid), EACH)

    async def ask_all() -> None:
        await asyncio.gather(*(ask(a_session(number).sid) for number in range(IN_FLIGHT)))

    return ask_all


async def pool_of_asyncpg(url: str) -> dict[str, Way]:
    """What a look-up costs over asyncpg's own pool: ten connections, prepared statements."""
    pool = await asyncpg.create_pool(url, min_size=10, max_size=10)
    sid = a_session(77).sid

    async def get(sid: str) -> object:
        return await pool.fetchrow(f"{SELECT} WHERE sid = $1", sid)

    return {
        "asyncpg's pool: get, as a record": (200, lambda: get(sid)),
        f"asyncpg's pool: get, {IN_FLIGHT} tasks at once": (4, in_tasks(get)),
    }


def floors(path: Path) -> dict[str, Way]:
    """The SQLite calls that a look-up and a check cannot do without."""
    connection = sqlite3.connect(path, isolation_level=None)
    sid = a_session(77).sid

    async def row() -> None:
        connection.execute("SELECT * FROM doorward_sessions WHERE sid = ?", (sid,)).fetchone()

    async def version() -> None:
        connection.execute("PRAGMA data_version").fetchone()

    return {"floor: one row as a tuple": (2000, row), "floor: data_version": (2000, version)}


async def ways(name: str, store: Backend, size: int) -> dict[str, Way]:
    """What is asked of a store that holds `size` sessions."""
    sid, subject = a_session(77).sid, a_session(77).subject
    cursor = (await store.changes(None)).cursor
    fresh = count(size)

    async def insert() -> None:
        await store.insert(a_session(next(fresh)), ANY_MARK, NOW)

    async def insert_many() -> None:
        await asyncio.gather(*(insert() for _ in range(IN_FLIGHT)))

    return {
        f"{name} {size:,}: get, {IN_FLIGHT} tasks at once": (4, in_tasks(store.get)),
        f"{name} {size:,}: get": (2000, lambda: store.get(sid)),
        f"{name} {size:,}: changes, none": (2000, lambda: store.changes(cursor)),
        f"{name} {size:,}: list of a subject": (200, lambda: store.sessions(subject, NOW)),
        f"{name} {size:,}: list of all, first page": (10, lambda: store.sessions(None, NOW)),
        f"{name} {size:,}: insert": (20, insert),
        f"{name} {size:,}: {IN_FLIGHT} inserts at once": (4, insert_many),
    }


async def measure(rounds: int, folder: Path, urls: list[str]) -> None:
    sizes = (1_000, 100_000)
    stores: list[tuple[str, Backend, int]] = []
    for size in sizes:
        stores.append(("memory", MemoryStore(), size))
        stores.append(("SQLite", SQLiteStore(folder / f"{size}.db"), size))
    stores += [(url.partition(":")[0], open_store(url), 1_000) for url in urls]
    table: dict[str, Way] = {}
    for name, store, size in stores:
        await fill(store, size)
        table |= await ways(name, store, size)
    for url in urls:
        if url.startswith("postgres"):
            table |= await pool_of_asyncpg(url)
    table |= floors(folder / f"{sizes[-1]}.db")
    spent: dict[str, list[float]] = {way: [] for way in table}
    for _ in range(rounds):
        for way, (times, call) in table.items():
            start = time.perf_counter()
            await repeated(call, times)
            spent[way].append((time.perf_counter() - start) / times)
    for way, seconds in spent.items():
        each = (IN_FLIGHT if "at once" in way else 1) * (EACH if "tasks" in way else 1)
        print(f"{way:44} {median(seconds) * 1e6 / each:10.2f}")
    for _, store, _ in stores:
        await store.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    rounds = int(arguments[0]) if arguments else 9
    with TemporaryDirectory(dir=arguments[1] if len(arguments) > 1 else None) as folder:
        asyncio.run(measure(rounds, Path(folder), arguments[2:]))
