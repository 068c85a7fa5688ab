"""The cost of a password hash, and the delay of other requests: on the loop, or in the pool.

    python bench/passwords.py

A second process asks this one for a one-byte answer 200 times a second, while two clients here
log in without a pause.  Printed: milliseconds per hash, the p50 and p99 of the answers, and what
200 logins at once take in memory beyond the one hash before them.
"""

import asyncio
import json
import multiprocessing
import resource
import socket
import statistics
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing.connection import Connection

import argon2

from doorward.passwords import Busy, Cost, Passwords

ANSWERS = 600
INTERVAL = 0.005  # Seconds between two questions.


Work = Callable[[], Awaitable[object]]


def ask(port: int, logging_in: bool, result: Connection) -> None:
    """In the other process: ask, wait, note the seconds, while two clients log in."""
    for _ in range(2 if logging_in else 0):
        threading.Thread(target=log_in, args=(port,), daemon=True).start()
    times = []
    with socket.create_connection(("127.0.0.1", port)) as asked:
        for _ in range(ANSWERS):
            began = time.perf_counter()
            asked.sendall(b"?")
            asked.recv(1)
            times.append(time.perf_counter() - began)
            time.sleep(max(0, INTERVAL - times[-1]))
    result.send(times)


def log_in(port: int) -> None:
    """One client, which sends its next login after each answer."""
    with socket.create_connection(("127.0.0.1", port)) as asked:
        while True:
            asked.sendall(b"L")
            asked.recv(1)


async def others(work: Work | None) -> dict[str, float]:
    """The milliseconds that others wait while two clients log in by `work` without a pause."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while asked := await reader.read(1):
                if work and asked == b"L":
                    await work()
                writer.write(b"!")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    receive, send = multiprocessing.Pipe(duplex=False)
    asking = multiprocessing.get_context("spawn").Process(
        target=ask, args=(server.sockets[0].getsockname()[1], work is not None, send)
    )
    asking.start()
    cuts = statistics.quantiles(await asyncio.to_thread(receive.recv), n=100)
    await asyncio.to_thread(asking.join)
    server.close()
    await server.wait_closed()
    return {"p50_ms": round(cuts[49] * 1000, 2), "p99_ms": round(cuts[98] * 1000, 2)}


async def flood(passwords: Passwords) -> dict[str, float]:
    """200 logins at the same moment: how many are served, how many turned away, the peak."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    attempts = [passwords.verify("x" * 128, None) for _ in range(200)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    turned_away = sum(isinstance(outcome, Busy) for outcome in outcomes)
    return {
        "served": 200 - turned_away,
        "turned_away": turned_away,
        "more_mib": round((after - before) / 1024, 1),
    }


async def main() -> None:
    """Measure each in turn and print one JSON object."""
    cost = Cost()
    hasher = argon2.PasswordHasher(cost.passes, cost.memory_kib, 1)
    times = []
    for _ in range(30):
        began = time.perf_counter()
        hasher.hash("correct horse battery staple")
        times.append(time.perf_counter() - began)
    passwords = Passwords(cost)

    async def on_the_loop() -> None:
        hasher.hash("correct horse battery staple")

    report = {
        "hash_ms": round(statistics.median(times) * 1000, 1),
        "others_alone": await others(None),
        "others_hash_on_the_loop": await others(on_the_loop),
        "others_hash_in_the_pool": await others(lambda: passwords.hash("correct horse")),
        "200_logins_at_once": await flood(passwords),
    }
    passwords.close()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    asyncio.run(main())
