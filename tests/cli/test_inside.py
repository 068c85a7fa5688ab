"""A command says and does in the process of the tests what it says and does in its own."""

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .desk import PASSWORD, Desk

pytestmark = pytest.mark.engine

EMAIL = "jürgen@example.test"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with one user, which nobody changes."""
    folder = tmp_path_factory.mktemp("kept")
    desk = Desk(folder, f"sqlite:///{folder}/doorward.db", folder / "keys" / "root.key")
    desk.create(EMAIL, "--role", "admin")
    desk.data("keys", "list")
    yield desk
    assert len(desk.data("users", "list")["users"]) == 1


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (["users", "list"], {"PYTHONIOENCODING": "ascii"}),  # an answer, in another alphabet
        # what it reads of the environment, where it runs, and a refusal
        (["sessions", "list"], {"DOORWARD_DATABASE": "sqlite:///nowhere.db"}),
        (["users", "create", "bob@example.test", "--no-pass"], {}),  # wrong usage
        (["serve", "--help"], {}),  # as wide, and ended by argparse
    ],
)
def test_a_command_in_here_is_what_it_is_in_a_process_of_its_own(
    kept: Desk, words: list[str], environment: dict[str, str]
) -> None:
    assert kept.run(*words, **environment) == kept.run_process(*words, **environment)


@pytest.mark.process
def test_what_it_is_given_and_where_it_runs_is_the_same_too(tmp_path: Path) -> None:
    told = []
    for run in (Desk.run, Desk.run_process):
        folder = tmp_path / run.__name__
        folder.mkdir()
        desk = Desk(folder, "sqlite:///here.db", Path("key"))
        done = run(desk, "users", "create", "ann@example.test", "--json", given=f"{PASSWORD}\n")
        files = sorted(path.name for path in folder.iterdir())
        told.append((done.status, len(done.out), done.err.replace(str(folder), ""), files))
        assert desk.data("users", "list")["users"][0]["email"] == "ann@example.test"
    assert told[0] == told[1]
    assert told[0][2] == "Note: made a new database, /here.db.\n"


def test_what_is_everybodys_is_as_it_was_before(kept: Desk) -> None:
    def everybodys() -> list[object]:
        root = logging.getLogger()
        return [dict(os.environ), Path.cwd(), sys.stdin, sys.stdout, sys.stderr, root.handlers[:]]

    before = everybodys()
    kept.data("users", "list", DOORWARD_MODE="token")
    kept.refusal("serve", "--port", "0", "--workers", "2", "--tls-cert", "x", "--tls-key", "x")
    assert everybodys() == before


@pytest.mark.anyio
async def test_it_runs_beside_an_event_loop_and_in_many_threads_at_once(kept: Desk) -> None:
    one = kept.run("users", "list")
    others = await asyncio.gather(*(asyncio.to_thread(kept.run, "users", "list") for _ in range(4)))
    with ThreadPoolExecutor(4) as threads:
        more = list(threads.map(lambda _: kept.run("users", "list"), range(4)))
    assert {each.out for each in (*others, *more)} == {one.out}


def test_an_exception_that_nobody_caught_is_raised_with_its_traceback(
    kept: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: object) -> None:
        raise ZeroDivisionError("broken")

    monkeypatch.setattr("doorward.cli.users.read_options", breaks)
    with pytest.raises(ZeroDivisionError, match="broken") as raised:
        kept.run("users", "list")
    assert raised.traceback[-1].name == "breaks"
