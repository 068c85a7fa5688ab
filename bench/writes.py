"""The rates of the stores: logins, touches, logouts and questions of followers per second.

    python bench/writes.py > bench/results/writes.json

Starts a durable PostgreSQL and a durable Valkey as the tests do, so it needs the test environment.
One process with 32 calls in flight takes one core; a store with more cores to itself does
more.  `entry_us` is the CPU of a node for each change that it learns.
"""

import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvloop

from doorward import Auth, Settings
from doorward.open import open_auth
from doorward.passwords import Passwords
from tests.support.postgres import DURABLE, running_postgres
from tests.support.valkey import running_valkey

FLIGHT, COUNT, ROUNDS, NODES = 32, 3_200, 3, 8
HASHES = 40


async def rate(act: Callable[[int], Awaitable[object]], count: int = COUNT) -> float:
    """Calls per second with `FLIGHT` under way, each with a number of its own."""
    numbers = iter(range(count))

    async def one() -> None:
        for number in numbers:
            await act(number)

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(FLIGHT)))
    return count / (time.perf_counter() - began)


async def round_of(auth: Auth, other: Auth) -> dict[str, float]:
    """Everything once, on sessions of its own."""
    sids: list[str] = []

    async def log_in(number: int) -> None:
        attempt = await auth.attempt()
        issued = await attempt.login(f"person-{time.time_ns()}-{number}", roles=["reader"])
        sids.append(issued.session.sid)

    found = {"logins": await rate(log_in)}
    rows = [row for sid in sids if (row := await auth.session(sid)) is not None]

    async def touch(number: int) -> None:
        row = rows[number]
        await auth.store.replace(row, replace(row, seen_at=row.seen_at + 1))

    found["touches"] = await rate(touch)
    await other.catch_up()
    found["ends"] = await rate(lambda number: auth.revoke(sid=sids[number]))
    began = time.process_time()
    await other.catch_up()
    found["entry_us"] = (time.process_time() - began) / COUNT * 1e6
    return found


async def questions(nodes: list[Auth]) -> float:
    """How often a second the store answers nodes that nothing changed; a node asks one by one."""
    each = COUNT // len(nodes)

    async def ask(node: Auth) -> None:
        for _ in range(each):
            await node.catch_up()

    began = time.perf_counter()
    await asyncio.gather(*map(ask, nodes))
    return each * len(nodes) / (time.perf_counter() - began)


async def measured(url: str, folder: Path) -> dict[str, float]:
    """Medians of the rounds."""
    key = folder / "root.key"
    nodes = [await open_auth(url, Settings(), root_key_file=key) for _ in range(NODES)]
    try:
        rounds = [await round_of(*nodes[:2]) for _ in range(ROUNDS)]
        for each in rounds:
            each["questions"] = await questions(nodes)
    finally:
        for node in nodes:
            await node.store.close()
    return {name: round(median(each[name] for each in rounds), 1) for name in rounds[0]}


async def hashing() -> float:
    """Milliseconds of one core for a password, one after the other."""
    passwords = Passwords()
    hashed = await passwords.hash("a password of somebody")
    began = time.perf_counter()
    for _ in range(HASHES):
        await passwords.verify("a password of somebody", hashed)
    return round((time.perf_counter() - began) / HASHES * 1e3, 1)


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    with running_postgres(DURABLE) as postgres, running_valkey() as valkey:
        yield {"postgresql": postgres.new_database(), "redis": valkey.url}


def main() -> None:
    about: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }
    with TemporaryDirectory() as scratch, stores() as urls:
        found = {name: uvloop.run(measured(url, Path(scratch))) for name, url in urls.items()}
    found["password"] = {"ms": uvloop.run(hashing())}
    print(json.dumps({**about, **found}, indent=2))


if __name__ == "__main__":
    main()
