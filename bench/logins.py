"""What logins cost those who are logged in, and how near they come to Argon2id alone.

    python bench/logins.py [--rounds 5] [--seconds 5] [--keep]

One uvicorn process serves a FastAPI application with `Passwords()` and a session store in memory.
Rounds of three, in turn: Argon2id alone, in as many threads as the pool has; `GET /me` of a
logged-in client 100 times a second; the same while eight clients log in without a pause.
"""

import argparse
import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Annotated

import argon2
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import figures
from bench.tables import machine
from doorward.passwords import Cost, Passwords
from doorward.web.fastapi import Doorward, Principal

PASSWORD = "correct horse battery staple"
CLIENTS = 8
INTERVAL = 0.01  # Seconds between two questions.


class Form(BaseModel):
    email: str
    password: str


def application(folder: Path) -> FastAPI:
    auth = Doorward("memory:", mode="session", root_key_file=folder / "root.key")
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)
    passwords = Passwords()
    hashed = argon2.PasswordHasher(Cost().passes, Cost().memory_kib, 1).hash(PASSWORD)

    @app.post("/login", status_code=204)
    async def login(form: Form, response: Response) -> None:
        attempt = await auth.attempt(form.email)
        if not await passwords.verify(form.password, hashed):
            raise HTTPException(401)
        await attempt.login(response, subject=form.email)

    @app.get("/me")
    async def me(principal: Annotated[Principal, Depends(auth.principal)]) -> Principal:
        return principal

    return app


async def serve(folder: Path) -> None:
    """Prints its port once it answers."""
    server = uvicorn.Server(uvicorn.Config(application(folder), port=0, log_level="error"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await running


def alone(threads: int, seconds: float) -> float:
    """Hashes verified in a second by Argon2id and nothing else."""
    hasher = argon2.PasswordHasher(Cost().passes, Cost().memory_kib, 1)
    hashed, done = hasher.hash(PASSWORD), count()
    until = time.perf_counter() + seconds

    def verify() -> None:
        while time.perf_counter() < until:
            hasher.verify(hashed, PASSWORD)
            next(done)

    _together([verify] * threads)
    return next(done) / seconds


class Clients:
    """Of the server at `port`: some that log in, and one who is logged in and asks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._names = count()
        self._cookie = self._log_in(self._connection())

    def waits(self, seconds: float, *, logging_in: int) -> tuple[float, float]:
        """Milliseconds that 99 of 100 questions took at most; logins in a second."""
        until = time.perf_counter() + seconds
        took: list[float] = []
        logins = count()

        def ask() -> None:
            connection = self._connection()
            while (began := time.perf_counter()) < until:
                connection.request("GET", "/me", headers={"Cookie": self._cookie})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                took.append(time.perf_counter() - began)
                time.sleep(max(0, began + INTERVAL - time.perf_counter()))

        def log_in() -> None:
            connection = self._connection()
            while time.perf_counter() < until:
                self._log_in(connection)
                next(logins)

        _together([ask, *[log_in] * logging_in])
        return statistics.quantiles(took, n=100)[98] * 1000, next(logins) / seconds

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port)

    def _log_in(self, connection: http.client.HTTPConnection) -> str:
        body = json.dumps({"email": f"ann{next(self._names)}", "password": PASSWORD})
        connection.request("POST", "/login", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204
        return str(answer.headers["set-cookie"]).partition(";")[0]


def _together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="write bench/results/logins.json")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve))
        return
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        rounds = measure(Path(folder), options.rounds, options.seconds)
    run = {"machine": machine(load), "rounds": rounds}
    print("\n".join(figures.logins(run)))
    if options.keep:
        figures.write("logins", run)


def measure(folder: Path, rounds: int, seconds: float) -> list[dict[str, float]]:
    command = [sys.executable, __file__, "--serve", str(folder)]
    threads = max(1, len(os.sched_getaffinity(0)) - 1)  # as the pool of `Passwords`
    found = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        clients = Clients(int(server.stdout.readline()))
        for _ in range(rounds):
            floor = alone(threads, seconds)
            idle, _ = clients.waits(seconds, logging_in=0)
            spent = time.process_time()
            busy, logins = clients.waits(seconds, logging_in=CLIENTS)
            cost = (time.process_time() - spent) / logins / seconds * 1000
            found.append(
                {"alone": floor, "logins": logins, "idle": idle, "busy": busy, "client": cost}
            )
        server.terminate()
    return found


if __name__ == "__main__":
    main()
