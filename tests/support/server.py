"""A real `doorward serve` process on a free loopback port."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Protocol

from tests.support.ports import free_port
from tests.support.until import PATIENCE

RETRY_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class RunningServer:
    """`url` has no slash at its end.  `folder` holds the database, the root key and the output."""

    url: str
    port: int
    folder: Path
    database: str
    root_key_file: Path
    process: subprocess.Popen[bytes]

    @property
    def output(self) -> str:
        """Everything written so far, to stdout and stderr."""
        return (self.folder / "output").read_text(errors="replace")

    def kill(self) -> None:
        """As `kill -9` does it."""
        self.process.kill()
        self.process.wait(PATIENCE)


class Serve(Protocol):
    """What the fixture `serve` is: options of `doorward serve` in, a server that answers out."""

    def __call__(self, *args: str, env: dict[str, str] | None = None) -> RunningServer: ...


@contextmanager
def running_server(
    *args: str,
    folder: Path,
    env: dict[str, str] | None = None,
    port: int = 0,
    trusting: ssl.SSLContext | None = None,
) -> Iterator[RunningServer]:
    """A server that answers, with a database and root key of its own in `folder`, on a free port
    or on `port`.

    Options in `args` come last and win; with a certificate, `trusting` believes it.  Stopped at the
    end; a traceback in what it wrote fails.
    """
    server = _start(args, folder, env or {}, port or free_port())
    try:
        _wait_until_healthy(server, trusting)
        yield server
    finally:
        _stop(server)
    assert "Traceback" not in server.output, server.output


def clean_environment() -> dict[str, str]:
    """Ours, without any setting of Doorward that the machine happens to have."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DOORWARD_")}


def _start(args: tuple[str, ...], folder: Path, env: dict[str, str], port: int) -> RunningServer:
    database, key_file = f"sqlite:///{folder}/doorward.db", folder / "root.key"
    options = ["--port", str(port), "--database", database, "--root-key-file", str(key_file)]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "doorward", "serve", *options, *args],
            cwd=folder,
            env={**clean_environment(), **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return RunningServer(f"http://localhost:{port}", port, folder, database, key_file, process)


def _wait_until_healthy(server: RunningServer, trusting: ssl.SSLContext | None) -> None:
    """Asks until it answers.  The pause between two tries ends early if the process does."""
    give_up = time.monotonic() + PATIENCE
    while not _healthy(server.port, trusting):
        try:
            status = server.process.wait(RETRY_SECONDS)
        except subprocess.TimeoutExpired:
            assert time.monotonic() < give_up, f"no answer in {PATIENCE} s: {server.output}"
        else:
            raise AssertionError(f"the server ended with status {status}: {server.output}")


def _healthy(port: int, trusting: ssl.SSLContext | None) -> bool:
    connection = (
        HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        if trusting is None
        else HTTPSConnection("localhost", port, timeout=PATIENCE, context=trusting)
    )
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _stop(server: RunningServer) -> None:
    server.process.terminate()
    try:
        server.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.process.send_signal(signal.SIGABRT)  # it then writes where each of its threads is
        try:
            server.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
        raise AssertionError(f"did not stop in {PATIENCE} s: {server.output}") from None
