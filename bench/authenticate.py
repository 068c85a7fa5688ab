"""What a check costs: microseconds per call, and requests per second kept in a live server.

    python bench/authenticate.py            both parts, about four minutes
    python bench/authenticate.py --micro    only the loop, a few seconds
    python bench/authenticate.py --keep     both, kept in bench/results/authenticate.json

Part 1 times `Auth.authenticate` in a loop, hit and first sight, and a login, beside their floors.
Part 2 starts one uvicorn worker a variant and drives `GET /me` with 32 connections of `wrk`.
Variants run in turn, round after round, each right after its bare route with the same headers.
"""

import argparse
import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import figures
from figures import MODES, machine

from doorward import Auth, Settings
from doorward.opening import open_auth
from doorward.types import Mode

HERE = Path(__file__).parent
CONNECTIONS = 32


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


async def micro(folder: Path) -> dict[str, float]:
    """Microseconds by what is done, in which mode, on which store."""
    found = {"data_version": await data_version(folder)}
    for mode in MODES:
        for database in ("memory:", f"sqlite:///{folder}/{mode}.db"):
            auth = await opened(database, mode, folder)
            name = f"{mode}, {database.partition(':')[0]}"
            credential = await log_in(auth)
            found[f"checked before, {name}"] = await per_call(
                lambda: auth.authenticate(credential)  # noqa: B023
            )
            found[f"first sight, {name}"] = await first_sight(auth)
            found[f"login, {name}"] = await per_call(lambda: log_in(auth))  # noqa: B023
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


class Server:
    """One variant of `bench/apps.py` under uvicorn, and the CPU time it has used."""

    def __init__(self, variant: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        command = [sys.executable, str(HERE / "apps.py"), variant, str(self.port), str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.headers: str = self.process.stdout.readline().strip()

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def drive(server: Server, headers: str, seconds: float) -> tuple[float, float]:
    """Requests per second, and microseconds of server CPU a request."""
    url = f"http://127.0.0.1:{server.port}/me"
    before = server.cpu()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s"]
    command += ["-H", headers]
    began = time.perf_counter()
    printed = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    spent = time.perf_counter() - began
    if "Non-2xx" in printed:
        raise SystemExit(f"refused requests:\n{printed}")
    line = next(line for line in printed.splitlines() if "requests in" in line)
    requests = int(line.split()[0])
    return requests / spent, (server.cpu() - before) / requests * 1e6


def live(folder: Path, rounds: int, seconds: float) -> dict[str, list[list[float]]]:
    """Of each guarded variant and round: its requests per second and microseconds of CPU, and the
    same of its bare route."""
    from apps import BARE

    servers = {name: Server(name, folder) for name in dict.fromkeys([*BARE, *BARE.values()])}
    found: dict[str, list[list[float]]] = {name: [] for name in BARE}
    try:
        for server in servers.values():
            drive(server, server.headers or "Accept: */*", 1)
        for _ in range(rounds):
            for name, bare in BARE.items():
                headers = servers[name].headers
                beneath = drive(servers[bare], headers, seconds)
                found[name].append([*drive(servers[name], headers, seconds), *beneath])
    finally:
        for server in servers.values():
            server.stop()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--micro", action="store_true", help="only the loop")
    parser.add_argument("--keep", action="store_true", help="write bench/results/authenticate.json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    if not options.micro and shutil.which("wrk") is None:
        raise SystemExit("the second part needs wrk: apt-get install wrk, brew install wrk")
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        run: dict[str, Any] = {
            "machine": machine(load),
            "micro": asyncio.run(micro(Path(folder))),
            "live": {} if options.micro else live(Path(folder), options.rounds, options.seconds),
            "rounds": options.rounds,
            "seconds": options.seconds,
        }
    print("\n".join([*figures.checks(run), "", *figures.live(run)]))
    if options.keep:
        figures.keep("authenticate", run)


if __name__ == "__main__":
    main()
