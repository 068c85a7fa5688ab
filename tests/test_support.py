"""What the tests rely on: that they end, and end what they start."""

import re
import signal
import sqlite3
import subprocess
import sys
from asyncio import Event, timeout
from contextlib import closing
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import combinations, product
from pathlib import Path

import pytest

from tests.support import hanging, outside
from tests.support.nested import run_nested
from tests.support.pairwise import cover
from tests.support.processes import MAY_BE_IGNORED, end, let_children_hear
from tests.support.thread_server import server_in_thread

ROOT = Path(__file__).resolve().parents[1]
DEAF = ["sh", "-c", "trap '' TERM; echo ready; read forever"]


@pytest.mark.process
@pytest.mark.parametrize("number", MAY_BE_IGNORED)
def test_a_child_is_ended_by_a_signal_that_we_were_started_to_ignore(number: int) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        let_children_hear()
        process = subprocess.Popen(["sleep", "60"])
        end(process, number)
        assert process.returncode == -number
    finally:
        signal.signal(number, before)


@pytest.mark.process
def test_a_process_that_does_not_end_is_killed_and_fails_its_test() -> None:
    with subprocess.Popen(DEAF, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(AssertionError, match=r"killed, since SIGTERM did not end it"):
            end(process, seconds=0.1)
        assert process.returncode == -signal.SIGKILL


def test_a_process_that_no_mark_announces_does_not_start() -> None:
    with pytest.raises(RuntimeError, match=r"mark it with `@pytest\.mark\.process`"):
        subprocess.run([sys.executable, "-c", ""], check=True)


def test_a_server_that_no_mark_announces_does_not_start(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"mark it with `@pytest\.mark\.process`"),
        server_in_thread(folder=tmp_path),
    ):
        pass


def test_a_database_that_no_mark_announces_is_not_opened() -> None:
    with pytest.raises(RuntimeError, match=r"mark it with `@pytest\.mark\.engine`"):
        sqlite3.connect(":memory:")


@pytest.mark.process
def test_what_a_server_of_the_module_opens_is_not_held_against_a_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outside.lacking, "engine", "a test")
    with server_in_thread(folder=tmp_path), closing(sqlite3.connect(":memory:")):
        pass
    with pytest.raises(RuntimeError, match="a test needs more than its process"):
        sqlite3.connect(":memory:")


WATCHED = """
import pytest
from tests.support import outside

def pytest_itemcollected(item):
    outside.mark(item)

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    with outside.guarded(item):
        return (yield)

@pytest.fixture
def opened():
    pass
"""
OF_EACH_KIND = """
import sqlite3
import pytest

def test_rules():
    pass

def test_silent():
    sqlite3.connect(":memory:")

def test_house(opened):
    raise AssertionError

@pytest.mark.engine
def test_database():
    raise AssertionError

@pytest.mark.process
def test_process():
    raise AssertionError

@pytest.mark.soak
def test_long():
    raise AssertionError
"""


def test_fast_runs_what_needs_its_own_process_alone_and_nothing_else_passes_for_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "conftest.py").write_text(WATCHED)
    (tmp_path / "test_each.py").write_text(OF_EACH_KIND)
    loader = SourceFileLoader("dev_here", str(ROOT / "dev"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    dev = module_from_spec(spec)
    loader.exec_module(dev)
    ran = run_nested(tmp_path, *dev.FAST[dev.FAST.index("-m") :])
    assert ran.outcomes == {"passed": 1, "failed": 1}, ran.output
    assert re.search(r"test_silent needs more than its process", ran.output)


@pytest.mark.anyio
async def test_a_test_that_hangs_is_cut_off_and_says_so() -> None:
    bounded = hanging.limited(Event().wait, seconds=0)
    with pytest.raises(AssertionError, match="hung: cut off after 0 s"):
        await bounded()


@pytest.mark.anyio
async def test_a_time_out_of_the_tests_own_is_not_taken_for_a_hang() -> None:
    async def short() -> None:
        async with timeout(0):
            await Event().wait()

    with pytest.raises(TimeoutError):
        await hanging.limited(short, seconds=60)()


def test_in_a_cover_every_two_values_meet() -> None:
    rows = [row for row in product("ab", range(3), "xyz") if row != ("a", 0, "x")]
    kept = cover(rows)
    for one, other in combinations(range(3), 2):
        assert {(row[one], row[other]) for row in kept} == {(row[one], row[other]) for row in rows}
    assert len(kept) < len(rows) * 2 / 3
    assert kept == cover(rows)
