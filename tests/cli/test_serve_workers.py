"""`doorward serve --workers`: several real processes on one socket."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest

from tests.journeys.traveller import Traveller, travelling
from tests.support.processes import children, is_alive
from tests.support.server import RunningServer, clean_environment, running_server
from tests.support.until import PATIENCE, until

from .desk import Desk

pytestmark = pytest.mark.process

EMAIL = "ann@example.org"


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[RunningServer, set[int]]]:
    """Two workers, and their process ids."""
    with running_server("--workers", "2", *options, folder=folder) as server:
        until(lambda: len(children(server.process.pid)) == 2)
        yield server, children(server.process.pid)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, set[int]]]:
    with serving(tmp_path_factory.mktemp("workers")) as found:
        yield found


@contextmanager
def one_at_each(server: RunningServer, workers: set[int]) -> Iterator[list[Traveller]]:
    """Clients whose connections last, one to each worker: while the others are stopped, it alone
    can accept."""
    with ExitStack() as stack:
        found = []
        for worker in sorted(workers):
            others = workers - {worker}
            for other in others:
                os.kill(other, signal.SIGSTOP)
            try:
                client = stack.enter_context(travelling(server.url, "cookie"))
                assert client.http.get("/healthz").status_code == 200
                found.append(client)
            finally:
                for other in others:
                    os.kill(other, signal.SIGCONT)
        yield found


def test_what_is_done_once_is_done_once(two: tuple[RunningServer, set[int]]) -> None:
    said = two[0].output
    assert said.count("Doorward serves") == 1
    assert said.count("/setup?ticket=") == 1
    assert said.count("made a new root key") == 1


def test_told_to_stop_all_end_unkilled_and_each_tells_the_head_of_the_audit_log(
    tmp_path: Path,
) -> None:
    Desk(tmp_path, f"sqlite:///{tmp_path}/doorward.db", tmp_path / "root.key").create(EMAIL)
    # a worker that is told to stop before it serves has nothing to tell
    with serving(tmp_path) as (server, workers), one_at_each(server, workers):
        until(lambda: "audit_head" in server.output)
        assert server.output.index("Doorward serves") < server.output.index("audit_head")
        assert [each["pid"] for each in heads(server)] == [server.process.pid]
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0
        assert not any(map(is_alive, workers))
        assert "Worker" not in server.output
    told = heads(server)
    assert {each["pid"] for each in told} == {server.process.pid, *workers}
    assert len({(each["seq"], each["hash"]) for each in told}) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_while_it_opens_it_closes_that_first(
    tmp_path: Path, how: signal.Signals
) -> None:
    words = ["--workers", "2", "--port", "0", "--root-key-file", "root.key"]
    with subprocess.Popen(
        [sys.executable, "-m", "doorward", "serve", *words, "--database", "sqlite:///u.db"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env=clean_environment(),
    ) as process:
        until((tmp_path / "u.db-wal").exists)
        process.send_signal(how)
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert "Error" not in said


def heads(server: RunningServer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.output.splitlines() if "audit_head" in line]


def test_what_one_decides_binds_the_other_at_its_next_check(
    two: tuple[RunningServer, set[int]],
) -> None:
    with one_at_each(*two) as (here, there):
        here.sign_up(EMAIL)
        here.log_in(EMAIL)
        there.held = dict(here.held)
        assert there.knows("sid") == here.knows("sid")
        assert here.ask("POST", "/api/logout").status_code == 204
        assert there.is_out()


def test_each_tells_what_all_counted(two: tuple[RunningServer, set[int]]) -> None:
    with one_at_each(*two) as both:
        both[0].sign_up("counted@example.org")
        before = [logins(each) for each in both]
        for each in both:
            each.log_in("counted@example.org")
        assert [logins(each) for each in both] == [count + 2 for count in before]
        text = both[0].http.get("/metrics").text
        assert 'doorward_build_info{version="' in text
        assert "process_" not in text


def logins(client: Traveller) -> float:
    text = client.http.get("/metrics").text
    (line,) = [line for line in text.splitlines() if line.startswith("doorward_logins_total ")]
    return float(line.split()[1])


def test_a_worker_that_is_killed_is_replaced_and_nobody_is_logged_out(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, workers), travelling(server.url, "cookie") as ann:
        ann.sign_up(EMAIL)
        ann.log_in(EMAIL)
        done = Event()

        def keep_asking() -> list[int]:
            statuses = []
            while not done.is_set():
                with travelling(server.url, "cookie") as client:
                    client.held = dict(ann.held)
                    try:
                        statuses.append(client.me().status_code)
                    except httpx2.TransportError:  # it was being answered by the one that died
                        statuses.append(0)
            return statuses

        with ThreadPoolExecutor() as pool:
            asking = [pool.submit(keep_asking) for _ in range(4)]
            try:
                for victim in sorted(workers):
                    os.kill(victim, signal.SIGKILL)
                    until(lambda: len(children(server.process.pid) - workers) > 0)
                until(lambda: len(children(server.process.pid) - workers) == 2)
            finally:
                done.set()
            answers = [status for each in asking for status in each.result()]
        assert set(answers) <= {200, 0}
        assert answers.count(0) <= 2 * len(asking)
        assert ann.me().status_code == 200
        assert server.output.count("ended by SIGKILL") == 2


def test_ctrl_c_reaches_the_whole_family_and_ends_it_in_peace(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, workers):
        for pid in (*workers, server.process.pid):
            os.kill(pid, signal.SIGINT)
        assert server.process.wait(PATIENCE) == 0
        assert not any(map(is_alive, workers))
        assert "SIGKILL" not in server.output


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, workers):
        server.process.kill()
        until(lambda: not any(map(is_alive, workers)))


@pytest.mark.parametrize(
    "how",
    [
        signal.SIGTERM,
        signal.SIGQUIT,
        # alone in `test_serve.py`; Ctrl-C also above
        *(pytest.param(how, marks=pytest.mark.soak) for how in (signal.SIGINT, signal.SIGHUP)),
    ],
    ids=lambda how: how.name,
)
def test_whatever_tells_it_to_end_leaves_nothing_behind(
    tmp_path: Path, how: signal.Signals
) -> None:
    (tmp_path / "tmp").mkdir()
    env = {"TMPDIR": str(tmp_path / "tmp")}
    with running_server("--workers", "2", folder=tmp_path, env=env) as server:
        until(lambda: len(children(server.process.pid)) == 2)
        workers = children(server.process.pid)
        assert list((tmp_path / "tmp").iterdir())
        for pid in (*workers, server.process.pid):  # as a terminal tells all that it started
            os.kill(pid, how)
        assert server.process.wait(PATIENCE) == 0
        assert not any(map(is_alive, workers))
    assert list((tmp_path / "tmp").iterdir()) == []
