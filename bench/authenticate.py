"""What a check costs: microseconds per call, and requests per second kept in a live server.

    python bench/authenticate.py            both parts, about two minutes
    python bench/authenticate.py --micro    only the loop, a few seconds

Part 1 times `Auth.authenticate` in a loop, hit and first sight, and a login, beside their floors.
Part 2 starts one uvicorn worker a variant and drives `GET /me` with 32 connections of `wrk`.
Variants run in turn, round after round; ratios are taken inside a round against the bare route.
"""

import argparse
import asyncio
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


async def micro(folder: Path) -> None:
    print("us per call, one after the other, median of 9 rounds")
    print(f"  {'PRAGMA data_version alone':44} {await data_version(folder):8.2f}")
    for mode in ("session", "token"):
        for database in ("memory:", f"sqlite:///{folder}/{mode}.db"):
            auth = await opened(database, mode, folder)
            name = f"{mode}, {database.partition(':')[0]}"
            credential = await log_in(auth)
            hit = await per_call(lambda: auth.authenticate(credential))  # noqa: B023 - awaited in this turn
            print(f"  {name + ': checked before':44} {hit:8.2f}")
            fresh = [await log_in(auth) for _ in range(1500)]
            began = time.perf_counter()
            for one in fresh:
                await auth.authenticate(one)
            first = (time.perf_counter() - began) / len(fresh) * 1e6
            print(f"  {name + ': first sight':44} {first:8.2f}")
            login = await per_call(lambda: log_in(auth))  # noqa: B023 - awaited in this turn
            print(f"  {name + ': a login, without the password':44} {login:8.2f}")
            if mode == "token":
                print(f"  {'  of which the raw signature':44} {await signature(auth):8.2f}")
            await auth.store.close()


async def data_version(folder: Path) -> float:
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE floor (x)")

    async def ask() -> object:
        return connection.execute("PRAGMA data_version").fetchone()

    return await per_call(ask)


async def signature(auth: Auth) -> float:
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


def drive(server: Server, seconds: float) -> tuple[float, float]:
    """Requests per second, and microseconds of server CPU a request."""
    url = f"http://127.0.0.1:{server.port}/me"
    before = server.cpu()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s"]
    if server.headers:
        command += ["-H", server.headers]
    began = time.perf_counter()
    printed = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    spent = time.perf_counter() - began
    if "Non-2xx" in printed:
        raise SystemExit(f"refused requests:\n{printed}")
    line = next(line for line in printed.splitlines() if "requests in" in line)
    requests = int(line.split()[0])
    return requests / spent, (server.cpu() - before) / requests * 1e6


def live(folder: Path, rounds: int, seconds: float) -> None:
    from apps import BARE, VARIANTS

    print(f"\nGET /me, {CONNECTIONS} connections, one worker, {rounds} rounds of {seconds:.0f} s")
    print(f"  {'':28} {'req/s':>9} {'kept':>6} {'CPU us':>8} {'added':>7}")
    servers = {name: Server(name, folder) for name in VARIANTS}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in VARIANTS}
    try:
        for server in servers.values():
            drive(server, 1)
        for _ in range(rounds):
            for name, server in servers.items():
                found[name].append(drive(server, seconds))
    finally:
        for server in servers.values():
            server.stop()
    for name, figures in found.items():
        bare = found[BARE[name]]
        kept = statistics.median(a[0] / b[0] for a, b in zip(figures, bare, strict=True))
        added = statistics.median(a[1] - b[1] for a, b in zip(figures, bare, strict=True))
        rate = statistics.median(rate for rate, _ in figures)
        cpu = statistics.median(cpu for _, cpu in figures)
        print(f"  {name:28} {rate:9,.0f} {kept:6.3f} {cpu:8.1f} {added:+7.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--micro", action="store_true", help="only the loop")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(micro(Path(folder)))
        if not options.micro:
            if shutil.which("wrk") is None:
                raise SystemExit("the second part needs wrk: apt-get install wrk, brew install wrk")
            live(Path(folder), options.rounds, options.seconds)


if __name__ == "__main__":
    main()
