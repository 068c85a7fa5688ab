"""Two processes at one store: of each thing there is one winner."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from doorward.stores import Backend, open_store
from doorward.testing.contract.rows import NOW, a_session, add
from tests.support.postgres import Postgres
from tests.support.until import PATIENCE
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]

ROOT = Path(__file__).parents[2]
ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Race:
    """A store, and two processes that opened it."""

    url: str
    racers: list["subprocess.Popen[str]"]

    def run(self, kind: str) -> list[list[bool]]:
        """What each of them won, round by round."""
        for each in self.racers:
            assert each.stdin is not None
            each.stdin.write(f"{kind} {ROUNDS}\n")
            each.stdin.flush()
        return [json.loads(each.stdout.readline()) for each in self.racers if each.stdout]


@contextmanager
def racer(url: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.stores.racer", url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


@pytest.fixture(scope="module")
def race_at(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Race]]:
    """The two processes at a store of this engine, started once for all kinds of races."""

    def empty(engine: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('race')}/doorward.db"
        if engine == "postgres":
            postgres: Postgres = request.getfixturevalue("postgres")
            return postgres.new_database()
        valkey: Valkey = request.getfixturevalue("valkey_server")
        valkey.ask("FLUSHALL")
        return valkey.url

    with ExitStack() as stack:

        @cache
        def start(engine: str) -> Race:
            url = empty(engine)
            return Race(url, [stack.enter_context(racer(url)) for _ in range(2)])

        yield start


async def prepare(store: Backend, kind: str, number: int) -> None:
    """What the two will quarrel about."""
    if kind == "replace":
        await add(store, a_session(f"r{number}"))
    if kind == "change":
        await add(store, a_session(f"c{number}"))
    if kind == "take":
        await store.put("code", number.to_bytes(4, "big"), "payload", NOW + 10)


@pytest.mark.parametrize("kind", ["insert", "replace", "change", "take"])
@pytest.mark.parametrize("engine", ["sqlite", "postgres", "valkey"])
async def test_of_two_processes_exactly_one_wins_each_round(
    race_at: Callable[[str], Race], engine: str, kind: str
) -> None:
    race = race_at(engine)
    store = open_store(race.url)
    for number in range(ROUNDS):
        await prepare(store, kind, number)
    await store.close()
    won = race.run(kind)
    assert [sum(pair) for pair in zip(*won, strict=True)] == [1] * ROUNDS


@pytest.mark.parametrize("engine", ["sqlite", "postgres", "valkey"])
async def test_of_two_processes_one_puts_the_first_keys(
    race_at: Callable[[str], Race], engine: str
) -> None:
    won = race_at(engine).run("first_keys")
    assert sum(map(sum, won)) == 1
