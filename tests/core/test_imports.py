"""What `import doorward` costs and brings along."""

import os
import subprocess
import sys

import pytest

MOST_SECONDS = 0.060
PAIRS = 9
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
    """Ours, but that modules are compiled once, as where a package is installed, and nothing
    measures the coverage, and so the cost, of the children."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("compiled"))}


def seconds_of(program: str, environment: dict[str, str]) -> float:
    """The processor time of a fresh interpreter: what waits for other processes does not count."""
    child = subprocess.Popen([sys.executable, "-c", program], env=environment)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return used.ru_utime + used.ru_stime


def test_the_import_costs_at_most_sixty_milliseconds_over_an_empty_interpreter(
    environment: dict[str, str],
) -> None:
    seconds_of("import doorward", environment)  # so that it is compiled
    costs = [
        seconds_of("import doorward", environment) - seconds_of("pass", environment)
        for _ in range(PAIRS)
    ]
    assert min(costs) <= MOST_SECONDS  # what else runs on the machine only adds


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
