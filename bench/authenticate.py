"""What a check and a login cost in a process, beside what they cannot do without.

    python bench/authenticate.py           a few seconds
    python bench/authenticate.py --keep    kept in bench/results/authenticate.json

Times `Auth.authenticate` for a credential that was checked before and for one that was not, and a
login without its password: in memory and on SQLite, in both modes.  What a check costs a live
server is measured by `bench/peers/run.py`.
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import figures
from bench.tables import MODES, machine
from doorward import Auth, Settings
from doorward.open import open_auth
from doorward.types import Mode


async def opened(database: str, mode: Mode, folder: Path) -> Auth:
    return await open_auth(database, Settings(mode=mode), root_key_file=folder / "root.key")


async def log_in(auth: Auth) -> str:
    return (await (await auth.attempt()).login("ann", roles=["reader"])).credential


async def per_call(check: Callable[[], Awaitable[object]], rounds: int = 9) -> float:
    """Median microseconds of one call over several rounds of 20 ms."""
    found = []
    for _ in range(rounds):
        calls, began = 0, time.perf_counter()
        while (spent := time.perf_counter() - began) < 0.02:
            for _ in range(100):
                await check()
            calls += 100
        found.append(spent / calls * 1e6)
    return statistics.median(found)


async def measure(folder: Path) -> dict[str, float]:
    """Microseconds by what is done, in which mode, on which store."""
    found = {"data_version": await data_version(folder)}
    for mode in MODES:
        for database in ("memory:", f"sqlite:///{folder}/{mode}.db"):
            auth = await opened(database, mode, folder)
            name = f"{mode}, {database.partition(':')[0]}"
            credential = await log_in(auth)
            found[f"checked before, {name}"] = await per_call(
                lambda: auth.authenticate(credential)  # noqa: B023 - awaited in this turn
            )
            found[f"first sight, {name}"] = await first_sight(auth)
            found[f"login, {name}"] = await per_call(lambda: log_in(auth))  # noqa: B023 - awaited in this turn
            await auth.store.close()
    return found | {"signature": await signature()}


async def first_sight(auth: Auth) -> float:
    fresh = [await log_in(auth) for _ in range(1500)]
    began = time.perf_counter()
    for one in fresh:
        await auth.authenticate(one)
    return (time.perf_counter() - began) / len(fresh) * 1e6


async def data_version(folder: Path) -> float:
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE floor (x)")

    async def ask() -> object:
        return connection.execute("PRAGMA data_version").fetchone()

    return await per_call(ask)


async def signature() -> float:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    key, message = ec.generate_private_key(ec.SECP256R1()), b"x" * 350
    algorithm = ec.ECDSA(SHA256())
    signed, public = key.sign(message, algorithm), key.public_key()

    async def verify() -> object:
        return public.verify(signed, message, algorithm)

    return await per_call(verify)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="write bench/results/authenticate.json")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder)))
    run = {"machine": machine(load), "microseconds": found}
    print("\n".join(figures.checks(run)))
    if options.keep:
        figures.write("authenticate", run)


if __name__ == "__main__":
    main()
