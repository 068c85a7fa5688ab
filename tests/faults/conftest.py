"""Engines that a test may pause, kill and bring back."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from tests.faults.scene import RECOVERY, WIDE, signal_all
from tests.support.postgres import Postgres, running_postgres, start_postgres
from tests.support.processes import end
from tests.support.valkey import Valkey, running_valkey, start_valkey


class Engine(Protocol):
    """A server of this module's own, on a port that stays the same."""

    def fresh(self) -> str:
        """The URL of an empty store."""
        ...

    def cut_feed(self) -> None:
        """Cut every connection on which something is announced."""
        ...

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server."""
        ...

    def restart(self) -> None:
        """Start it again, on what it had written."""
        ...


@dataclass
class OnPostgres:
    """PostgreSQL."""

    first: Postgres
    server: Postgres = field(init=False)

    def __post_init__(self) -> None:
        self.server = self.first

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.server.process

    def fresh(self) -> str:
        return self.first.new_database()

    def cut_feed(self) -> None:
        self.server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'doorward'"
            " AND (query ILIKE 'LISTEN%' OR query = 'SELECT')"
        )

    def restart(self) -> None:
        self.server = start_postgres(self.server.bin, self.server.data, self.server.port)


@dataclass
class OnValkey:
    """Valkey, with its append-only file."""

    first: Valkey
    server: Valkey = field(init=False)

    def __post_init__(self) -> None:
        self.server = self.first

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.server.process

    def fresh(self) -> str:
        self.server.ask("FLUSHALL")
        return self.server.url

    def cut_feed(self) -> None:
        self.server.ask("CLIENT", "KILL", "TYPE", "pubsub")

    def restart(self) -> None:
        self.server = start_valkey(self.server.folder, port=self.server.port)


@pytest.fixture(scope="module", params=["postgres", "valkey"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One of either kind for all tests of a module."""
    if request.param == "postgres":
        with running_postgres() as postgres:
            on_postgres = OnPostgres(postgres)
            yield on_postgres
            _end(on_postgres, postgres.process)
    else:
        with running_valkey() as valkey:
            on_valkey = OnValkey(valkey)
            yield on_valkey
            _end(on_valkey, valkey.process)


def _end(engine: Engine, first: subprocess.Popen[bytes]) -> None:
    """What was started again is ours to stop."""
    if engine.process is not first:
        end(engine.process, signal.SIGQUIT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(params=[WIDE, pytest.param(RECOVERY, marks=pytest.mark.soak)])
def recovery(request: pytest.FixtureRequest) -> float:
    """Seconds until all must be well again: as promised in the soak, wide beside other tests."""
    return float(request.param)


__all__ = ["signal_all"]
