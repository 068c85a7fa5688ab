"""Two processes at one store: of each thing there is one winner."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from doorward.stores import open_store
from doorward.testing.contract.rows import NOW, a_session, add
from tests.support.until import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.process]

ROOT = Path(__file__).parents[2]
ROUNDS = 60


@contextmanager
def racer(url: str, kind: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.stores.racer", url, kind, str(ROUNDS)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("kind", ["insert", "replace", "change", "take"])
async def test_of_two_processes_exactly_one_wins_each_round(url: str, kind: str) -> None:
    store = open_store(url)
    for number in range(ROUNDS):
        await add(store, a_session(f"r{number}"), a_session(f"c{number}"))
        await store.put("code", number.to_bytes(4, "big"), "payload", NOW + 10)
    await store.close()
    with ExitStack() as stack:
        both = [stack.enter_context(racer(url, kind)) for _ in range(2)]
        for each in both:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        won = [json.loads(each.stdout.readline()) for each in both if each.stdout is not None]
    assert [sum(pair) for pair in zip(*won, strict=True)] == [1] * ROUNDS
