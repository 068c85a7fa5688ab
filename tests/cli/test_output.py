"""What a command says where nobody can read it: a full disk, a pipe that was closed."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

import pytest

from tests.support.until import PATIENCE

from .desk import Desk, command
from .inside import Kept, alone, run_into

FULL = Path("/dev/full")
SAID = "doorward: The answer cannot be written to stdout: No space left on device.\n"

full_disk = pytest.mark.skipif(
    not FULL.exists(), reason="only Linux has a disk that is always full"
)


BUFFERED, UNBUFFERED = {"PYTHONUNBUFFERED": ""}, {"PYTHONUNBUFFERED": "1"}
"""Whether a write fails, or the flush behind it."""


def into(
    stdout: int, desk: Desk, *words: str, environment: Mapping[str, str] = BUFFERED
) -> tuple[int, str]:
    """The status of a command that writes there, and what it complained of."""
    said = Kept()
    with (
        alone(desk.environment, desk.folder),
        stdout_to(stdout, buffered=environment == BUFFERED) as out,
    ):
        status = run_into(out, said, words)
    return status, said.text


@contextmanager
def stdout_to(descriptor: int, *, buffered: bool) -> Iterator[TextIOWrapper]:
    """As the interpreter makes `sys.stdout` of it."""
    file = os.fdopen(os.dup(descriptor), "wb", buffering=-1 if buffered else 0)
    with TextIOWrapper(file, "utf-8", write_through=not buffered) as stream:
        yield stream


def process_into(
    stdout: int, desk: Desk, *words: str, environment: Mapping[str, str] = BUFFERED
) -> tuple[int, str]:
    """The same of a process, at whose end the interpreter writes what still waits."""
    done = subprocess.run(
        command(*words),
        env={**desk.environment, **environment},
        cwd=desk.folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stderr


def into_full_disk(
    desk: Desk, *words: str, environment: Mapping[str, str] = BUFFERED
) -> tuple[int, str]:
    with FULL.open("wb") as full:
        return into(full.fileno(), desk, *words, environment=environment)


@full_disk
@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [("--version", BUFFERED, 1), ("users list", UNBUFFERED, 1), ("users", BUFFERED, 2)],
)
def test_a_process_ends_into_a_full_disk_as_in_here(
    desk: Desk, words: str, environment: dict[str, str], expected: int
) -> None:
    desk.data("migrate")
    with FULL.open("wb") as full:
        ended = process_into(full.fileno(), desk, *words.split(), environment=environment)
    assert ended == into_full_disk(desk, *words.split(), environment=environment)
    assert (ended[0], SAID in ended[1]) == (expected, expected == 1)


@pytest.mark.engine
@full_disk
@pytest.mark.parametrize(
    "words", ["users list", "keys list --json", "doctor", "audit verify", "migrate"]
)
def test_an_answer_that_a_full_disk_lost_is_one_sentence_and_exit_1(desk: Desk, words: str) -> None:
    desk.data("migrate")
    desk.data("keys", "list")  # which makes the root key, and says so
    assert into_full_disk(desk, *words.split()) == (1, SAID)


@pytest.mark.engine
@full_disk
@pytest.mark.parametrize("words", ["users list", "--version"])
def test_a_write_that_fails_at_once_is_the_same_sentence(desk: Desk, words: str) -> None:
    desk.data("migrate")
    assert into_full_disk(desk, *words.split(), environment=UNBUFFERED) == (1, SAID)


@pytest.mark.engine
@full_disk
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_cannot_say_where_it_serves_does_not_serve(desk: Desk, workers: str) -> None:
    desk.data("migrate")
    desk.data("keys", "list")
    status, complaint = into_full_disk(desk, "serve", "--port", "0", "--workers", workers)
    assert (status, complaint) == (1, SAID)


@full_disk
@pytest.mark.parametrize("words", ["--help", "--version", "serve --help", "users list --help"])
def test_help_that_a_full_disk_lost_is_no_success(desk: Desk, words: str) -> None:
    assert into_full_disk(desk, *words.split()) == (1, SAID)


@full_disk
@pytest.mark.parametrize(("words", "status"), [("users list", 1), ("users", 2), ("serve x", 2)])
def test_who_has_no_answer_to_write_does_not_complain_of_the_disk(
    desk: Desk, words: str, status: int
) -> None:
    for environment in (BUFFERED, UNBUFFERED):
        done, complaint = into_full_disk(desk, *words.split(), environment=environment)
        assert done == status
        assert SAID not in complaint


@pytest.mark.engine
@pytest.mark.parametrize("words", ["users list", "users list --json", "doctor", "--help"])
def test_a_reader_that_has_seen_enough_gets_no_complaint(desk: Desk, words: str) -> None:
    desk.create("ann@example.test")
    reading, writing = os.pipe()
    os.close(reading)
    outcome = into(writing, desk, *words.split())
    os.close(writing)
    assert outcome == (0, "")


@pytest.mark.process
def test_a_process_whose_reader_has_seen_enough_gets_no_complaint(desk: Desk) -> None:
    desk.create("ann@example.test")
    reading, writing = os.pipe()
    os.close(reading)
    outcome = process_into(writing, desk, "users", "list")
    os.close(writing)
    assert outcome == (0, "")
