"""How the tests end what they start."""

import signal
import subprocess

import pytest

from tests.support.processes import SHELLS_IGNORE, end, let_children_hear

pytestmark = pytest.mark.process

DEAF = ["sh", "-c", "trap '' TERM; echo ready; read forever"]


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


def test_a_process_that_does_not_end_is_killed_and_fails_its_test() -> None:
    with subprocess.Popen(DEAF, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(AssertionError, match=r"killed, since SIGTERM did not end it"):
            end(process, seconds=0.1)
        assert process.returncode == -signal.SIGKILL
