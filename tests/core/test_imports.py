"""What `import doorward` costs and brings along."""

import subprocess
import sys

import pytest

from tests.support.spent import seconds_of, untraced

pytestmark = pytest.mark.process

MOST = 1.75
"""Times what the standard library's `asyncio` and `json` cost: 60 ms where those take 41.  In
milliseconds it would be the machine that passes or fails."""

FAR_TOO_MUCH = 4.0
"""A framework or a database driver among the imports costs more.  A busy machine does not."""
HEAVY = {
    "argon2",
    "asyncio",
    "anyio",
    "django",
    "fastapi",
    "flask",
    "jinja2",
    "pydantic",
    "sqlalchemy",
    "sqlite3",
    "starlette",
    "uvicorn",
    "uvloop",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return untraced(tmp_path_factory.mktemp("compiled"))


@pytest.mark.parametrize(
    ("most", "rounds"), [(FAR_TOO_MUCH, 3), pytest.param(MOST, 9, marks=pytest.mark.soak)]
)
def test_the_import_costs_little_more_than_that_of_asyncio_and_json(
    environment: dict[str, str], most: float, rounds: int
) -> None:
    programs = ("pass", "import doorward", "import asyncio, json")
    for program in programs:
        seconds_of("-c", program, environment=environment)  # so that it is compiled
    costs_of = [
        [seconds_of("-c", program, environment=environment) for program in programs]
        for _ in range(rounds)
    ]
    # what else runs on the machine only adds
    nothing, ours, theirs = (min(costs) for costs in zip(*costs_of, strict=True))
    assert ours - nothing <= most * (theirs - nothing)


def test_the_import_brings_no_event_loop_no_framework_and_nothing_heavy(
    environment: dict[str, str],
) -> None:
    program = "import doorward, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    shown = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    loaded = set(shown.stdout.split())
    assert "doorward" in loaded
    assert HEAVY & loaded == set()
