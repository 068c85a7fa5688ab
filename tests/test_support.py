"""What the tests rely on: that they end, and end what they start."""

import signal
import subprocess
import sys
from asyncio import Event, timeout
from itertools import combinations, product
from pathlib import Path

import pytest

from tests.support import hanging
from tests.support.pairwise import cover
from tests.support.processes import SHELLS_IGNORE, end, let_children_hear
from tests.support.thread_server import server_in_thread

DEAF = ["sh", "-c", "trap '' TERM; echo ready; read forever"]


@pytest.mark.process
@pytest.mark.parametrize("number", SHELLS_IGNORE)
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
