"""The steps of the page about back-up, restore and upgrade, done on a server that people use."""

import os
import stat
import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from doorward.settings import DAY
from tests.cli.desk import command
from tests.docs.pages import DOCS, blocks
from tests.journeys.changing import Start
from tests.journeys.conftest import Running
from tests.journeys.traveller import travelling
from tests.support.postgres import Postgres
from tests.support.server import clean_environment, running_server
from tests.support.thread_server import server_in_thread
from tests.support.until import PATIENCE

pytestmark = pytest.mark.process

PAGE = DOCS / "backup.md"
ANN, BEN = "ann@example.org", "ben@example.org"
ELSEWHERE = (
    *("systemctl", "git", "cd", "rm -rf dist"),
    *("/opt/doorward/bin/pip", "/opt/doorward-build/bin/pip"),
)
"""How the steps begin that the test does itself, or that were done when Doorward was installed."""


Service = AbstractContextManager[Running]


@dataclass(frozen=True, slots=True)
class Machine:
    """The folders of the page, below one of the test's."""

    root: Path

    def path(self, name: str) -> Path:
        return self.root / name.removeprefix("/")

    def moved(self, text: str) -> str:
        """Steps of the page for these folders, and for whoever runs the test."""
        for folder in ("/var/lib/doorward", "/etc/doorward", "/var/backups", "/opt/doorward"):
            text = text.replace(folder, str(self.path(folder)))
        text = text.replace("runuser -u doorward -- ", "")
        return text.replace("-o doorward -g doorward ", "")

    def do(self, steps: str, **environment: str) -> str:
        """Run steps in a shell whose umask is everybody's."""
        kept = [line for line in steps.splitlines() if not line.startswith(ELSEWHERE)]
        done = subprocess.run(
            ["bash", "-euc", "umask 022\n" + self.moved("\n".join(kept))],
            capture_output=True,
            text=True,
            env={
                **clean_environment(),
                "PATH": f"{self.root}/bin:{os.environ['PATH']}",
                **environment,
            },
            cwd=self.root,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, (kept, done.stdout, done.stderr)
        return done.stdout

    def serving(self, *options: str, start: Start = server_in_thread) -> Service:
        """The service, with the root key that commands are given too."""
        key = str(self.path("/etc/doorward/root.key"))
        folder = self.path("/var/lib/doorward")
        return start("--root-key-file", key, *options, folder=folder)


def steps(heading: str, number: int = 0) -> str:
    """The blocks of a section, in order."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = [block.text for block in blocks(PAGE) if block.kind == "bash" and block.text in section]
    return found[number]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    found = Machine(tmp_path)
    for folder in ("/var/lib/doorward", "/etc/doorward", "/opt/doorward/bin", "/bin"):
        found.path(folder).mkdir(parents=True)
    quoted = " ".join(command())
    found.path("/opt/doorward/bin/doorward").write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
    (script,) = [block.text for block in blocks(PAGE) if block.kind == "sh"]
    found.path("/bin/doorward").write_text(found.moved(script))
    for name in ("/opt/doorward/bin/doorward", "/bin/doorward"):
        found.path(name).chmod(0o755)
    variables = (
        "# what the service is given\n"
        f"DOORWARD_DATABASE=sqlite:///{found.path('/var/lib/doorward/doorward.db')}\n"
        f"DOORWARD_ROOT_KEY_FILE={found.path('/etc/doorward/root.key')}\n"
        f"DOORWARD_AUDIT_TTL={DAY}\n"
    )
    found.path("/etc/doorward/environment").write_text(variables)
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_backed_up_comes_back_also_after_a_crash(machine: Machine) -> None:
    database = machine.path("/var/lib/doorward/doorward.db")
    backup = machine.path("/var/backups/doorward/doorward.db")
    with (
        machine.serving(start=running_server) as server,
        travelling(server.url, "cookie") as ann,
    ):
        ann.sign_up(ANN)
        assert ann.log_in(ANN).status_code == 200
        assert machine.do(steps("Back up")).endswith("ok\n")
        assert (mode(backup), mode(backup.parent)) == (0o600, 0o700)
        with travelling(server.url, "cookie") as ben:
            ben.sign_up(BEN)
        server.kill()
        assert Path(f"{database}-wal").stat().st_size > 0
        machine.do(steps("Restore"))
        assert mode(database) == 0o600
        assert ANN in machine.do("doorward users list")
        assert BEN not in machine.do("doorward users list")
        held = dict(ann.held)
    with machine.serving() as server, travelling(server.url, "cookie") as ann:
        ann.held = held
        assert ann.me().status_code == 200
        assert "Intact" in machine.do(steps("Restore", 3))


def test_an_upgrade_logs_nobody_out(machine: Machine) -> None:
    with machine.serving() as server, travelling(server.url, "cookie") as ann:
        ann.sign_up(ANN)
        ann.log_in(ANN)
        held = dict(ann.held)
    machine.path("/var/backups/doorward").mkdir(parents=True)
    machine.do(steps("Upgrade"))
    assert machine.path("/var/backups/doorward/before-upgrade.db").exists()
    with machine.serving() as server, travelling(server.url, "cookie") as ann:
        ann.held = held
        assert ann.me().status_code == 200


def test_postgresql_comes_back_as_it_was(machine: Machine, postgres: Postgres) -> None:
    url = postgres.new_database()
    name = url.rpartition("/")[2]
    reached = {
        "PATH": f"{postgres.bin}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "PGUSER": "postgres",
    }

    def do(text: str) -> None:
        machine.do(text.replace(" login", f" {name}").replace("=login", f"={name}"), **reached)

    with machine.serving("--database", url) as server, travelling(server.url, "cookie") as ann:
        ann.sign_up(ANN)
        assert ann.log_in(ANN).status_code == 200
        do(steps("Back up", 1))
        assert mode(machine.path("/var/backups/doorward/doorward.dump")) == 0o600
        with travelling(server.url, "cookie") as ben:
            ben.sign_up(BEN)
        held = dict(ann.held)
    do(steps("Restore", 1))
    with machine.serving("--database", url) as server, travelling(server.url, "cookie") as ann:
        ann.held = held
        assert ann.me().status_code == 200
        assert ann.log_in(BEN).status_code == 401
