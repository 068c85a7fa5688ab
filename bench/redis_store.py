"""The cost of the Redis store, beside that of redis-py alone.

    python bench/redis_store.py [ROUNDS] [SIZE]

Starts a Valkey as the tests do, so it needs the test environment.  Wall-clock and CPU time of this
process in microseconds per look-up, medians of ROUNDS, under the servers' event loop; redis-py is
measured without and with what turns the text into a session.  Then milliseconds per decision by how
durable it is, and bytes of the server per session at SIZE sessions.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvloop
from redis.asyncio import Redis

from bench.stores import NOW, a_session, fill
from doorward.stores import Decision
from doorward.stores.redis import RedisStore
from doorward.stores.redis.rows import session
from doorward.types import Session
from tests.support.until import until
from tests.support.valkey import Valkey, running_valkey

LOOKUPS = 6_400
ROLES = Decision(roles=frozenset({"editor"}))
Get = Callable[[str], Awaitable[object]]


async def look_up(get: Get, names: list[str], tasks: int) -> tuple[float, float]:
    """Seconds of the clock and of this process's CPU, for each look-up."""

    async def one(task: int) -> None:
        for number in range(LOOKUPS // tasks):
            await get(names[(number * tasks + task) % len(names)])

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(one, range(tasks)))
    return (time.perf_counter() - began) / LOOKUPS, (time.process_time() - cpu) / LOOKUPS


async def lookups(server: Valkey, rounds: int) -> None:
    store, plain = RedisStore(server.url), Redis(port=server.port)
    await fill(store, 1_000)
    sids = [a_session(number).sid for number in range(1_000)]
    keys = [f"doorward:session:{sid}" for sid in sids]

    async def decoded(key: str) -> Session:
        return session(await plain.get(key))

    async def text(sid: str) -> bytes | None:
        return await store._reads.row(sid)

    ways: dict[str, tuple[Get, list[str]]] = {
        "redis-py, one GET a task, its pool": (plain.get, keys),
        "the same, as sessions": (decoded, keys),
        "RedisStore, the row's text": (text, sids),
        "RedisStore.get": (store.get, sids),
    }
    spent: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, (get, names) in ways.items():
            for tasks in (1, 32):
                spent.setdefault((name, tasks), []).append(await look_up(get, names, tasks))
    for (name, tasks), times in spent.items():
        wall, cpu = (median(column) * 1e6 for column in zip(*times, strict=True))
        print(f"{name:36} {tasks:3} at once {wall:8.1f} us, CPU {cpu:7.1f} us")
    began = time.perf_counter()
    cursor = (await store.changes(None)).cursor
    for _ in range(1_000):
        await store.changes(cursor)
    print(f"changes, none: {(time.perf_counter() - began) * 1e3:.0f} us")
    await store.close()
    await plain.aclose()


async def decisions(server: Valkey, name: str, extra: tuple[str, ...] = ()) -> None:
    """How long a decision takes, and with it one more command on the same connection."""
    store = RedisStore(server.url)
    server.ask("FLUSHALL")
    await fill(store, 10)
    took = []
    for _ in range(20 if extra else 200):
        began = time.perf_counter()
        if extra:
            async with store._writing.line() as line:
                await line.ask("SET", "doorward:bench", time.perf_counter_ns())
                await line.ask(*extra)
        else:
            await store.change(sid=a_session(7).sid, decision=ROLES, at=NOW)
        took.append((time.perf_counter() - began) * 1e3)
    cut = quantiles(took, n=100)
    print(f"{name:52} p50 {cut[49]:8.2f} ms, p99 {cut[98]:8.2f} ms")
    await store.close()


def used(server: Valkey) -> int:
    return int(server.ask("INFO", "memory").partition("used_memory:")[2].split()[0])


async def memory(server: Valkey, size: int) -> None:
    store = RedisStore(server.url)
    await store.mark()
    before = used(server)
    await fill(store, size)
    print(f"{(used(server) - before) / size:.0f} bytes per session at {size:,} sessions")
    began = time.perf_counter()
    for _ in range(20):
        await store.sessions(None, NOW)
    print(f"list of all, first page: {(time.perf_counter() - began) / 20 * 1e6:.0f} us")
    await store.close()


def main(rounds: int, size: int) -> None:
    with running_valkey() as server:
        uvloop.run(lookups(server, rounds))
    with running_valkey() as server:
        asyncio.run(decisions(server, "a decision, no replica, fsync every second"))
        waitaof = ("WAITAOF", "1", "0", "2000")
        asyncio.run(decisions(server, "a write that waits for that fsync (WAITAOF)", waitaof))
        server.ask("CONFIG", "SET", "appendfsync", "always")
        asyncio.run(decisions(server, "a decision, appendfsync always"))
    with (
        running_valkey() as server,
        running_valkey("--replicaof", f"127.0.0.1 {server.port}") as replica,
    ):
        until(lambda: "master_link_status:up" in replica.ask("INFO", "replication"))
        asyncio.run(decisions(server, "a decision that waits for a replica"))
    with running_valkey() as server:
        asyncio.run(memory(server, size))


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(arguments[0] if arguments else 7, arguments[1] if len(arguments) > 1 else 100_000)
