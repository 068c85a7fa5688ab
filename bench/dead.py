"""The cost of 1,000 live sessions beside 200,000 ended ones that are not deleted yet.

    python bench/dead.py [DEAD] [ROUNDS] [sqlite|postgres]

Two databases, one with the dead rows and one without, are asked in turn; those of PostgreSQL are in
a server started as the tests do, so that needs the test environment.  Prints the median of
each in microseconds, and how far the quarter of slower rounds lies above it without dead rows: that
is the noise.  Then the dead rows are swept, while the live ones are still asked.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.stores import ANY_MARK, NOW, Way, a_session, fill, repeated
from doorward import Auth, Settings
from doorward.keys import RootKeys
from doorward.settings import DAY, MINUTE
from doorward.stores import Backend, Page, open_store
from doorward.web.sweeper import PAUSE, sweep
from tests.support.postgres import running_postgres

LIVE = 1_000
WEEK = 7 * DAY
STEP = 100
"""Rows under way at once: few enough for none to wait as long as a store may take to answer."""


async def bury(store: Backend, dead: int) -> None:
    """Sessions that ended in the last week: half by time, half by decision; of the same people."""
    for start in range(0, dead, STEP):
        rows = []
        for number in range(start, min(start + STEP, dead)):
            row = replace(a_session(LIVE + number), subject=f"subject-{number % (LIVE // 10)}")
            ended = NOW - number % WEEK
            if number % 2:
                rows.append(replace(row, ends_at=ended, seen_at=ended - 14 * DAY))
            else:
                rows.append(replace(row, revoked_at=ended, seen_at=ended - MINUTE))
        await asyncio.gather(*(store.insert(row, ANY_MARK, NOW) for row in rows))


async def walk(store: Backend) -> None:
    """Every live session, page by page, to the end."""
    after = None
    while rows := await store.sessions(None, NOW, after, 500):
        after = Page(rows[-1].seen_at, rows[-1].sid)


async def login(auth: Auth, number: int) -> None:
    await (await auth.attempt()).login(f"subject-{number % 100}")


def auth_of(store: Backend) -> Auth:
    return Auth(store, Settings(), RootKeys((bytes(32),), "bench"), clock=lambda: NOW)


def ways(store: Backend) -> dict[str, Way]:
    sid, subject, auth, fresh = a_session(77).sid, a_session(77).subject, auth_of(store), count()
    return {
        "get": (500, lambda: store.get(sid)),
        "list of a subject": (100, lambda: store.sessions(subject, NOW)),
        "list of all, first page": (20, lambda: store.sessions(None, NOW)),
        "list of all, to the end": (2, lambda: walk(store)),
        "login": (20, lambda: login(auth, next(fresh))),
    }


async def timed(way: Way) -> float:
    times, call = way
    began = perf_counter()
    await repeated(call, times)
    return (perf_counter() - began) / times * 1e6


@contextmanager
def two_databases(engine: str) -> Iterator[tuple[str, str]]:
    """The URLs of two empty ones."""
    if engine == "postgres":
        with running_postgres() as server:
            yield server.new_database(), server.new_database()
    else:
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/clean.db", f"sqlite:///{folder}/full.db"


async def measure(dead: int, rounds: int, clean_url: str, full_url: str) -> None:
    clean, full = open_store(clean_url), open_store(full_url)
    await fill(clean, LIVE)
    await fill(full, LIVE)
    await bury(full, dead)
    for (name, alone), beside in zip(ways(clean).items(), ways(full).values(), strict=True):
        pairs = [(await timed(alone), await timed(beside)) for _ in range(rounds)]
        without, with_dead = zip(*pairs, strict=True)
        noise = quantiles(without, n=4)[2] / median(without) - 1
        print(
            f"{name:24} {median(without):10.1f} us alone {median(with_dead):10.1f} us beside"
            f" {dead:,} dead; noise {noise:+.0%}"
        )
    await swept(full)
    await clean.close()
    await full.close()


async def swept(store: Backend) -> None:
    """How long the sweep takes, and what a read and a login cost meanwhile."""
    auth = auth_of(store)
    began, waits = perf_counter(), []
    sweeping = asyncio.create_task(sweep(auth))
    while not sweeping.done():
        start = perf_counter()
        await login(auth, 0)
        waits.append((perf_counter() - start) * 1e3)
        await asyncio.sleep(PAUSE / 3)
    await sweeping
    ordered = sorted(waits)
    print(
        f"swept in {perf_counter() - began:.0f} s; a login meanwhile: median"
        f" {median(ordered):.1f} ms, 99 of 100 within {ordered[len(ordered) * 99 // 100]:.1f} ms"
    )


if __name__ == "__main__":
    dead, rounds, engine = [*sys.argv[1:], *("200000", "15", "sqlite")[len(sys.argv) - 1 :]]
    with two_databases(engine) as (clean_url, full_url):
        asyncio.run(measure(int(dead), int(rounds), clean_url, full_url))
