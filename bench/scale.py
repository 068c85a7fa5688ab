"""The cost of checks and verbs as the sessions grow, in every store.

    python bench/scale.py [--rows N ...] [--stores NAME ...] [--rounds N]

Starts a PostgreSQL and a Valkey as the tests do, so it needs the test environment.  The rows are
inserted in bulk, with the values that logins leave; every measured call goes through `Auth`.
Prints a table for each store with a column for each number of rows, then the targets.

    view hit      a credential that was checked before.  In memory and SQLite the store is asked
                  whether anything changed; across a network nothing is asked
    view miss     the row is read again: of a session token that the view had no room for, of an
                  access token whose session has other roles since it was signed
    first sight   never seen by this process: reads a row that nobody read before, or verifies a
                  signature

Microseconds of the clock and, behind the stroke, of this process's CPU, under the servers' event
loop; the least of the rounds, for other work on the machine only adds.  Verbs are medians of calls
one after the other.
"""

import argparse
import asyncio
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvloop

from bench.engines import EACH, NAMES, Engine, running, sid_of, subject_of, token_of
from bench.scale_table import Cost, Found, judge, show
from doorward import Auth, Settings
from doorward.keys import RootKeys
from doorward.settings import DAY
from doorward.stores import Backend
from doorward.types import Device, Mode
from doorward.web.follower import follow

ROWS = (1_000, 20_000)
MANY = 32
HITS, MISSES, FIRSTS = 5_000, 2_000, 250
"""Checks of each kind in one round."""

WARM = 64
"""Sessions that are checked again and again."""

DEAD, APART = 1_000, 10**9
ROOT = RootKeys((bytes(32),), "bench")
DEVICE = Device("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0", "Firefox on Linux")
Check = Callable[[str], Awaitable[object]]


# --- how an Auth is made --------------------------------------------------------------------------


@asynccontextmanager
async def followed(store: Backend, mode: Mode, remember: int = 100_000) -> AsyncIterator[Auth]:
    """A process's `Auth` with its follower, new: it has seen no credential yet."""
    settings = Settings(mode=mode, remember=remember, touch_every=7 * DAY)
    auth = Auth(store, settings, ROOT)
    if mode == "token":
        await auth.signing.ring()
    await auth.catch_up()
    following = asyncio.create_task(follow(auth), name="follower")
    try:
        yield auth
    finally:
        following.cancel()
        await asyncio.wait({following})


async def log_in(auth: Auth, subject: str) -> str:
    return (await (await auth.attempt()).login(subject, roles=["editor"], device=DEVICE)).credential


def is_left_alone(number: int) -> bool:
    """Whether the row is for the checks: no verb changes its subject."""
    return number // EACH % 2 == 0


# --- checks ---------------------------------------------------------------------------------------


async def spent(check: Check, credentials: Sequence[str], tasks: int) -> Cost:
    async def one(task: int) -> None:
        for credential in credentials[task::tasks]:
            await check(credential)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(one, range(tasks)))
    each = 1e6 / len(credentials)
    return Cost((time.perf_counter() - began) * each, (time.process_time() - cpu) * each)


def repeated(credentials: Sequence[str], times: int) -> list[str]:
    return [credentials[number % len(credentials)] for number in range(times)]


class Credentials(NamedTuple):
    """Credentials that are checked repeatedly, and those of which some are checked once."""

    warm: Sequence[str]
    others: Sequence[str]


async def credentials_of(engine: Engine, mode: Mode, rows: int) -> Credentials:
    """In session mode the rows in bulk have credentials too; access tokens must be issued."""
    async with followed(engine.store, mode) as auth:
        warm = [await log_in(auth, f"warm-{number}") for number in range(WARM)]
        if mode == "session":
            return Credentials(warm, [token_of(n) for n in range(rows) if is_left_alone(n)])
        subjects = [f"other-{number}" for number in range(2 * FIRSTS)]
        others = await asyncio.gather(*(log_in(auth, subject) for subject in subjects))
        return Credentials(warm, others)


async def one_round(engine: Engine, mode: Mode, given: Credentials) -> dict[str, Cost]:
    found = {}
    picked = random.sample(given.others, 2 * FIRSTS)
    for tasks, never in ((1, picked[:FIRSTS]), (MANY, picked[FIRSTS:])):
        name = f"{mode}, {{}}, {tasks} in flight"
        async with followed(engine.store, mode) as auth:
            found[name.format("first sight")] = await spent(auth.authenticate, never, tasks)
        async with followed(engine.store, mode) as auth:
            await spent(auth.authenticate, given.warm, 1)
            hits = repeated(given.warm, HITS)
            # many short times, for a hit takes less than a switch of the machine's to other work
            times = [await spent(auth.authenticate, hits, tasks) for _ in range(10)]
            found[name.format("view hit")] = Cost(*map(min, zip(*times, strict=True)))
        async with followed(engine.store, mode, remember=1) as auth:
            misses = repeated(given.warm, MISSES)
            found[name.format("view miss")] = await spent(auth.authenticate, misses, tasks)
    return found


async def checks(engine: Engine, rows: int, rounds: int) -> dict[str, Cost]:
    found: dict[str, list[Cost]] = {}
    modes: tuple[Mode, ...] = ("session", "token")
    given = {mode: await credentials_of(engine, mode, rows) for mode in modes}
    for _ in range(rounds):
        async with followed(engine.store, "token") as auth:
            for number in range(WARM):  # from here on the warm access tokens tell of the past
                await auth.change(f"warm-{number}", roles=["editor"])
        for mode in modes:
            for name, cost in (await one_round(engine, mode, given[mode])).items():
                found.setdefault(name, []).append(cost)
    if engine.name == "redis":
        found["of which RedisStore.get, 32 in flight"] = await gets(engine, rounds)
    return {
        name: Cost(*(min(column) for column in zip(*costs, strict=True)))
        for name, costs in sorted(found.items())
    }


async def gets(engine: Engine, rounds: int) -> list[Cost]:
    sids = repeated([sid_of(number) for number in range(WARM)], MISSES)
    return [await spent(engine.store.get, sids, MANY) for _ in range(rounds)]


# --- what the store is asked ----------------------------------------------------------------------


class Counted:
    """A store that counts its calls, by who makes them."""

    def __init__(self, store: Backend) -> None:
        self.local = store.local
        self.calls: Counter[tuple[bool, str]] = Counter()
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*args: Any, **named: Any) -> Any:
            task = asyncio.current_task()
            beside = name == "wait" or (task is not None and task.get_name() == "follower")
            self.calls[beside, name] += 1
            return await method(*args, **named)

        return call


async def reads(engine: Engine, mode: Mode, seconds: float = 2) -> dict[str, float]:
    """Calls of the store for each 1,000 requests of logged-in people, and those of the follower a
    second, whatever the requests."""
    counted = Counted(engine.store)
    async with followed(cast(Backend, counted), mode) as auth:
        warm = [await log_in(auth, f"read-{number}") for number in range(WARM)]
        await spent(auth.authenticate, warm, 1)
        counted.calls.clear()
        until, requests = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            await spent(auth.authenticate, warm, MANY)
            requests += len(warm)
            await asyncio.sleep(0)
    asked = {name: n for (follower, name), n in counted.calls.items() if not follower}
    of_follower = sum(n for (follower, _), n in counted.calls.items() if follower)
    changes = asked.pop("changes", 0)
    return {
        f"{mode}: rows read or written per 1,000 requests": sum(asked.values()) * 1e3 / requests,
        f"{mode}: 'anything new?' per 1,000 requests": changes * 1e3 / requests,
        f"{mode}: calls of the follower a second": of_follower / seconds,
    }


# --- verbs ----------------------------------------------------------------------------------------


async def milliseconds(calls: Iterable[Awaitable[object]]) -> float:
    """Median of calls one after the other."""
    found = []
    for call in calls:
        began = time.perf_counter()
        await call
        found.append((time.perf_counter() - began) * 1e3)
    return median(found)


async def verbs(engine: Engine, fresh: range) -> dict[str, float]:
    """`fresh` are rows that no verb has changed yet."""
    found = {}
    owned = [number for number in fresh[::EACH] if not is_left_alone(number)]
    picked = random.sample(owned, min(len(owned), 150))
    once, several, people = picked[::3], picked[1::3], [subject_of(n) for n in picked[2::3]]
    for mode in ("session", "token"):
        async with followed(engine.store, cast(Mode, mode)) as auth:
            await log_in(auth, "first")
            found[f"login, {mode}"] = await milliseconds(log_in(auth, who) for who in people)
    async with followed(engine.store, "session") as auth:
        whole = [auth.sessions() for _ in range(5 if engine.name == "memory" else 30)]
        found["list of all, first page"] = await milliseconds(whole)
        found["list of a subject"] = await milliseconds(map(auth.sessions, people))
        found["role change of a subject"] = await milliseconds(
            auth.change(who, roles=["editor"]) for who in people
        )
        found["revoke one"] = await milliseconds(auth.revoke(sid=sid_of(n)) for n in once)
        found[f"revoke a subject's {EACH}"] = await milliseconds(
            auth.revoke(subject=subject_of(n)) for n in several
        )
        await engine.add(range(APART, APART + DEAD), ago=40 * DAY)
        began = time.perf_counter()
        gone = await auth.purge()
        assert gone == DEAD, gone
        found[f"purge of {DEAD:,} dead"] = (time.perf_counter() - began) * 1e3
    return found


# --- the run --------------------------------------------------------------------------------------


async def of_store(name: str, sizes: Sequence[int], rounds: int, folder: Path) -> dict[int, Found]:
    found: dict[int, Found] = {}
    async with running(name, folder) as engine:
        await engine.add(range(APART - 1, APART))  # creates the tables, which are not counted
        filled = 0
        for size in sizes:
            tell(f"{name}: filling up to {size:,}")
            before, fresh = engine.used(), range(filled, size)
            await engine.add(fresh)
            each, filled = (engine.used() - before) / len(fresh), size
            tell(f"{name} with {size:,}: {each:,.0f} bytes each; checks")
            costs = await checks(engine, size, rounds)
            asked = await reads(engine, "session") | await reads(engine, "token")
            tell(f"{name} with {size:,}: verbs")
            found[size] = Found(costs, asked, await verbs(engine, fresh), each)
    return found


def tell(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--stores", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    for name in options.stores:
        before = os.getloadavg()[0]
        with TemporaryDirectory() as folder:
            sizes = sorted(options.rows)
            found = uvloop.run(of_store(name, sizes, options.rounds, Path(folder)))
        load = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
        python = platform.python_version()
        print(f"\n{time.strftime('%Y-%m-%d')}, {machine}, Python {python}, {load}")
        show(name, found)
        judge(name, found)


if __name__ == "__main__":
    main()
