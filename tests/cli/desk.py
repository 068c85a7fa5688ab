"""The operator's desk: commands of `doorward` on one database file."""

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.support.server import RunningServer, clean_environment
from tests.support.thread_server import ThreadServer
from tests.support.until import PATIENCE

from .inside import Done, run_inside

__all__ = ["PASSWORD", "Desk", "Done", "Visitor", "command", "desk_of"]

PASSWORD = "a quiet green harbour"

WIDTH = "80"
"""Columns of the help, whatever the terminal of whoever runs the tests has."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`database` is a URL; whatever a command writes by default lands below `folder`."""

    folder: Path
    database: str
    root_key_file: Path

    @property
    def environment(self) -> dict[str, str]:
        named = {
            "DOORWARD_DATABASE": self.database,
            "DOORWARD_ROOT_KEY_FILE": str(self.root_key_file),
            "HOME": str(self.folder),
            "COLUMNS": WIDTH,
        }
        return clean_environment() | named

    def run(self, *words: str, given: str = "", **environment: str) -> Done:
        """Run `doorward` with these words in this process; `given` is its stdin.

        From any thread, also beside a running event loop; an exception that nobody caught is
        raised here.
        """

        def inside() -> Done:
            return run_inside(words, given, self.environment | environment, self.folder)

        if not _in_event_loop():
            return inside()
        with ThreadPoolExecutor(1) as another:  # a command runs an event loop of its own
            return another.submit(inside).result()

    def run_process(self, *words: str, given: str = "", **environment: str) -> Done:
        """The same in a process of its own, for what only a process shows."""
        process = subprocess.run(
            command(*words),
            input=given,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment | environment,
            timeout=PATIENCE,
            check=False,
        )
        assert "Traceback" not in process.stderr, process.stderr
        return Done(process.returncode, process.stdout, process.stderr)

    def data(self, *words: str, given: str = "", **environment: str) -> Any:
        """The JSON document of a command that is done."""
        done = self.run(*words, "--json", given=given, **environment)
        assert done.status == 0, done.err or done.out
        return json.loads(done.out)

    def refusal(self, *words: str, given: str = "", **environment: str) -> str:
        """The one sentence of a command that is refused, and prints nothing else."""
        done = self.run(*words, given=given, **environment)
        assert (done.status, done.out) == (1, "")
        assert done.err.startswith("doorward: "), done.err
        assert done.err.count("\n") == 1
        return done.err.removeprefix("doorward: ").strip()

    def create(self, email: str, *words: str) -> str:
        """A user with `PASSWORD`.  Returns the subject."""
        created = self.data("users", "create", email, *words, given=f"{PASSWORD}\n")
        return str(created["subject"])

    def bytes_at_rest(self) -> bytes:
        """Everything in the database's files, the log that is not yet merged included."""
        name = Path(self.database.removeprefix("sqlite:///")).name
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob(f"{name}*")))


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "doorward", *words]


def desk_of(server: RunningServer | ThreadServer) -> Desk:
    """A desk beside a running server."""
    return Desk(server.folder, server.database, server.root_key_file)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a running server, without a browser."""

    http: httpx2.Client

    def login(self, email: str, password: str = PASSWORD) -> httpx2.Response:
        body = {"email": email, "password": password, "transport": "bearer"}
        return self.http.post("/api/login", json=body)

    def enter(self, email: str, password: str = PASSWORD) -> dict[str, str]:
        """The strings of a good login."""
        answer = self.login(email, password)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def me(self, token: str) -> httpx2.Response:
        return self.http.get("/api/me", headers={"authorization": f"Bearer {token}"})
