"""The tables of docs/performance.md that say what `bench/peers/run.py` measured."""

import json
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from bench.tables import MODES, line, spread

from .catalogue import BY_NAME, EMPTY
from .results import KEPT, Measured, Round, Run

COMMAND = "`python bench/peers/run.py`"
QUESTION = KEPT.with_name("authenticate.json")
COLUMNS = (
    "application",
    "requests per second",
    "us of CPU per request",
    "us that authentication adds",
    "bytes of the credential",
    "MB",
    "a copy of it after logout",
)
PEERS = ("| " + " | ".join(COLUMNS) + " |", "|---|--:|--:|--:|--:|--:|---|")
TARGETS = ("| our target | measured | command |", "|---|---|---|")


def peers(run: Run) -> Iterator[str]:
    """Each framework's bare route, then what is compared with it, the cheapest first."""
    yield from PEERS
    for measured in sorted(run.measured, key=_order):
        yield _row(measured, run.versions[measured.package])


def _order(measured: Measured) -> tuple[int, bool, float]:
    return (
        list(BY_NAME).index(measured.bare or measured.name),
        measured.bare is not None,
        measured.added,
    )


def _row(measured: Measured, version: str) -> str:
    name = f"{measured.name} ({measured.package} {version})"
    added = "" if measured.bare is None else _spread(measured, lambda one: one.added, "+.1f")
    cells = [
        f"**{name}**" if measured.bare is None else name,
        _spread(measured, lambda one: one.rate, ",.0f"),
        _spread(measured, lambda one: one.cpu, ".1f"),
        added,
        f"{median(measured.credential):.0f}" if any(measured.credential) else "",
        f"{median(measured.memory) / 1e6:.0f}",
        _after_logout(measured),
    ]
    return line(*cells)


def _spread(measured: Measured, pick: Callable[[Round], float], form: str) -> str:
    return spread([pick(one) for one in measured.rounds], form)


def _after_logout(measured: Measured) -> str:
    if not measured.cases:
        return ""
    status = measured.cases["after logout"]
    return "accepted" if status == 200 else f"refused, {status}"


def targets(run: Run) -> Iterator[str]:
    """What was to be reached, and whether this run did."""
    yield from TARGETS
    for wanted, found in _targets(run):
        yield line(wanted, found, COMMAND)


def _targets(run: Run) -> Iterator[tuple[str, str]]:
    raw = [one for one in _doorward(run, "raw ASGI") if "SQLite" not in one.name]
    yield "raw ASGI: authentication adds at most 3 us", _at_most(3, raw, 0)
    fastapi = _doorward(run, "FastAPI")
    networked = [found for found in fastapi if "SQLite" not in found.name]
    empty = run.named(EMPTY).added
    yield (
        "FastAPI, over one empty dependency, memory and networked stores: at most 5 us",
        _at_most(5, networked, empty),
    )
    yield (
        "FastAPI, SQLite over memory: at most the question whether the file changed",
        _over_memory(fastapi),
    )
    dearest = max(found.added for found in networked)
    for name, times in {"PyJWT": 5.5, "better-auth": 7, "fastapi-users": 60}.items():
        least = min((f for f in run.measured if name in f.name), key=lambda found: found.added)
        yield (
            f"at least {times:g} times less added than {least.name.partition(': ')[2]}",
            _judged(f"{least.added / dearest:.1f} times", least.added / dearest >= times),
        )
    yield "the two modes within 1.1 times, in CPU per request, on every store", _modes(fastapi)


def _doorward(run: Run, framework: str) -> list[Measured]:
    return [one for one in run.measured if one.package == "doorward" and one.bare == framework]


def _at_most(limit: float, measured: Sequence[Measured], floor: float) -> str:
    figures = {one.name.partition("Doorward, ")[2]: one.added - floor for one in measured}
    said = "; ".join(f"{name} {figure:.1f}" for name, figure in figures.items())
    return _judged(said, max(figures.values()) <= limit)


def _over_memory(measured: Sequence[Measured]) -> str:
    """What the question costs was kept by `bench/authenticate.py`."""
    question: float = json.loads(QUESTION.read_text())["microseconds"]["data_version"]
    added = {one.name.partition("Doorward, ")[2]: one.added for one in measured}
    more = {mode: added[f"{mode}, SQLite"] - added[f"{mode}, memory"] for mode in MODES}
    said = "; ".join(f"{mode} {figure:.1f} us" for mode, figure in more.items())
    asked = f"{said}; the question alone {question:.1f} us"
    return _judged(asked, max(more.values()) <= question)


def _modes(measured: Sequence[Measured]) -> str:
    cpu = {one.name: median(each.cpu for each in one.rounds) for one in measured}
    ratios = {
        name.rpartition(", ")[2]: figure / cpu[name.replace("session", "token")]
        for name, figure in cpu.items()
        if "session" in name
    }
    said = "; ".join(f"{store} {max(ratio, 1 / ratio):.2f}" for store, ratio in ratios.items())
    return _judged(said, all(1 / 1.1 <= ratio <= 1.1 for ratio in ratios.values()))


def _judged(said: str, reached: bool) -> str:
    return said if reached else f"{said}: missed"


def circumstances(run: Run) -> str:
    """What the figures were taken on and with."""
    rounds = [one for measured in run.measured for one in measured.rounds]
    return (
        f"{run.machine}, uvicorn {run.versions['uvicorn']} (Flask and Django: gunicorn"
        f" {run.versions['gunicorn']}), {run.client} with {run.connections} connections. Each"
        f" application was started {_times(run.starts)} and then measured"
        f" {_times(run.rounds)} for {run.seconds} second{'s' * (run.seconds > 1)}. Other work ran"
        f" when {sum(not one.quiet for one in rounds)} of {len(rounds)} measurements began."
    )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
