"""One run: its figures, how they are kept, and the table that is made from them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from .catalogue import BY_NAME, EMPTY

KEPT = Path(__file__).parents[1] / "results/peers.json"
HEAD = (
    "| application | requests per second | us CPU per request | us that authentication adds"
    " | bytes of the credential | MB | a copy of it after logout |"
)
RULE = "|---|--:|--:|--:|--:|--:|---|"


@dataclass(frozen=True, slots=True)
class Round:
    """Requests per second and microseconds of CPU a request, beside the bare route's."""

    rate: float
    cpu: float
    bare_rate: float
    bare_cpu: float


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one application."""

    name: str
    package: str
    bare: str | None
    credential: int
    memory: int
    cases: dict[str, int]
    rounds: list[Round]


@dataclass(frozen=True, slots=True)
class Run:
    machine: dict[str, str | int | float]
    client: str
    connections: int
    seconds: float
    versions: dict[str, str]
    found: list[Found]


def write(run: Run, path: Path = KEPT) -> None:
    path.write_text(json.dumps(asdict(run), indent=1) + "\n")


def read(path: Path = KEPT) -> Run:
    kept = json.loads(path.read_text())
    found = [
        Found(**{**each, "rounds": [Round(**one) for one in each["rounds"]]})
        for each in kept.pop("found")
    ]
    return Run(**kept, found=found)


def spread(figures: list[float], form: str) -> str:
    """The median with the least and the most."""
    middle, least, most = (f"{each:{form}}" for each in (median(figures), min(figures), max(figures)))
    return f"{middle} ({least} to {most})"


def _column(found: Found, pick: Callable[[Round], float], form: str) -> str:
    return spread([pick(one) for one in found.rounds], form)


def after_logout(found: Found) -> str:
    if not found.cases:
        return ""
    status = found.cases["after logout"]
    return "accepted" if status == 200 else f"refused, {status}"


def row(found: Found, version: str) -> str:
    name = found.name if found.bare is None or found.name == EMPTY else f"- {found.name}"
    cells = [
        f"{name} ({found.package} {version})",
        _column(found, lambda one: one.rate, ",.0f"),
        _column(found, lambda one: one.cpu, ".1f"),
        "" if found.bare is None else _column(found, lambda one: one.cpu - one.bare_cpu, "+.1f"),
        f"{found.credential}" if found.credential else "",
        f"{found.memory / 1e6:.0f}",
        after_logout(found),
    ]
    return "| " + " | ".join(cells).replace("  ", " ") + " |"


def shown(run: Run) -> Iterator[str]:
    """The lines of the table: each framework's bare route, then what is compared with it."""
    yield from (HEAD, RULE)
    for found in sorted(run.found, key=_place):
        yield row(found, run.versions[found.package])


def _place(found: Found) -> tuple[int, bool, float]:
    order = list(BY_NAME)
    cost = median(one.cpu - one.bare_cpu for one in found.rounds)
    return order.index(found.bare or found.name), found.bare is not None, cost
