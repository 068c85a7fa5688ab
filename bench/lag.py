"""How soon a decision takes effect in another process: from its return to a check there.

    python bench/lag.py [--times N] [--stores NAME ...] [--plot FILE]

Starts a PostgreSQL (which flushes every commit to the disk) and a Valkey as the tests do, and
`bench/node.py` as the other process, with its follower.  Each session that was checked there gets
other roles, then is revoked; what the other process met before the decision had returned here
counts as zero.  Prints milliseconds; `--plot` draws them too.
"""

import argparse
import asyncio
import os
import platform
import random
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvloop

from bench.engines import running
from bench.lag_plot import Lags, draw
from doorward import Auth, Settings
from doorward.keys import load_root_keys
from doorward.open import open_auth
from doorward.types import Mode

CALLED = {"sqlite": "SQLite", "postgres": "PostgreSQL", "redis": "Redis"}
TARGETS = {"sqlite": 20.0, "postgres": 10.0, "redis": 5.0}
"""Milliseconds, for 99 of 100."""

NODE = str(Path(__file__).with_name("node.py"))
RESTS = 0.01
"""Seconds between two decisions, at most: by chance, so that they keep no step with the node."""


@asynccontextmanager
async def node(url: str, mode: Mode, root: Path) -> AsyncIterator[Process]:
    command = (sys.executable, NODE, url, mode, str(root))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        process.stdin.close()
        await process.wait()


async def told(process: Process) -> str:
    return (await process.stdout.readline()).decode().strip()


async def lag(decision: Awaitable[object], process: Process) -> float:
    """Milliseconds from the return of the decision to its effect in the other process."""
    await asyncio.sleep(random.uniform(0, RESTS))
    await decision
    returned = time.clock_gettime(time.CLOCK_MONOTONIC)
    return max(0.0, float(await told(process)) - returned) * 1e3


async def once(auth: Auth, number: int, process: Process) -> tuple[float, float]:
    """One session's lags: of a change of roles and of its revocation."""
    subject = f"subject-{number}"
    issued = await (await auth.attempt()).login(subject, roles=["reader"])
    process.stdin.write(f"{issued.credential}\n".encode())
    assert await told(process) == "ready"
    changed = await lag(auth.change(subject, roles=["editor"]), process)
    return changed, await lag(auth.revoke(sid=issued.session.sid), process)


async def of_mode(url: str, mode: Mode, times: int, root: Path) -> tuple[list[float], list[float]]:
    auth = await open_auth(url, Settings(mode=mode), root_key_file=root)
    try:
        async with node(url, mode, root) as process:
            await once(auth, -1, process)
            pairs = [await once(auth, number, process) for number in range(times)]
    finally:
        await auth.store.close()
    changes, revocations = zip(*pairs, strict=True)
    return sorted(changes), sorted(revocations)


async def of_store(name: str, times: int, folder: Path) -> list[Lags]:
    found = []
    modes: tuple[Mode, ...] = ("session", "token")
    async with running(name, folder) as engine:
        load_root_keys(folder / "root.key", {}, sealed_exist=False)
        for mode in modes:
            changes, revocations = await of_mode(engine.url, mode, times, folder / "root.key")
            found.append(Lags(CALLED[name], mode, "revoke", revocations, TARGETS[name]))
            found.append(Lags(CALLED[name], mode, "role change", changes, TARGETS[name]))
            for lags in found[-2:]:
                show(lags)
    return found


def show(lags: Lags) -> None:
    what = f"{lags.store}, {lags.mode}, {lags.what}"
    figures = "".join(f"{lags.within(share):9.2f}" for share in (0.5, 0.95, 0.99, 1))
    verdict = "reached" if lags.within(0.99) < lags.target else "MISSED"
    print(f"{what:36}{figures}   p99 under {lags.target:g}: {verdict}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=1_000)
    parser.add_argument("--stores", nargs="+", choices=list(TARGETS), default=list(TARGETS))
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    before, found = os.getloadavg()[0], []
    print(f"ms, {options.times:,} times{'':20}{'p50':>9}{'p95':>9}{'p99':>9}{'most':>9}")
    for name in options.stores:
        with TemporaryDirectory() as folder:
            found += uvloop.run(of_store(name, options.times, Path(folder)))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    load = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}, Python {platform.python_version()}, {load}")
    if options.plot is not None:
        options.plot.write_text(draw(found))


if __name__ == "__main__":
    main()
