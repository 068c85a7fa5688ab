"""A whole comparison: start every application, load them in turn, then measure each row."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from ..stores.empty import check_empty
from .applications.spec import Kind
from .client import Client
from .contender import Contender, Work
from .contenders import KINDS, contenders
from .load import load
from .machine import machine
from .row import Row, Value

CONNECTIONS = 64
"""Connections of the load: enough to keep four processes busy."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, where, and for how long.  Without `stores`, each kind gets a new SQLite
    file.  Rounds are many and short, so that some of them fall into quiet moments of the machine.
    After `time_limit` seconds, optional measurements are left out."""

    rows: Sequence[Row]
    stores: Sequence[str] = ()
    rounds: int = 12
    seconds: float = 0.8
    processes: Sequence[int] = (1, 2, 4)
    time_limit: float = inf
    kinds: Sequence[Kind] = KINDS


@dataclass(slots=True)
class Run:
    """The values by row and column, and the machine they were measured on."""

    machine: dict[str, Any]
    rows: Sequence[Row]
    columns: list[str] = field(default_factory=list)
    values: dict[str, dict[str, Value]] = field(default_factory=dict)


class Steps:
    """Reports the progress of a run."""

    def __init__(self, total: int, show: Callable[[int, int, str], None]) -> None:
        self._total, self._done, self._show = total, 0, show
        self._began = monotonic()

    def next(self, label: str) -> None:
        self._show(min(self._done, self._total), self._total, label)
        self._done += 1

    def late(self, seconds: float) -> bool:
        """Whether more than `seconds` have passed."""
        return monotonic() - self._began > seconds


def compare(plan: Plan, show: Callable[[int, int, str], None]) -> Run:
    """Raises `Unusable` when an application cannot be measured, and `ConfigurationError` for a
    store that cannot be used."""
    for store in plan.stores:
        asyncio.run(check_empty(store))
    found = Run(machine(), plan.rows)
    with TemporaryDirectory(prefix="doorward-compare-") as folder, ExitStack() as stack:
        made = contenders(Path(folder), plan.stores, plan.rounds, plan.kinds)
        running = [stack.enter_context(each) for each in made]
        compared = [each for each in running if each.bare is not None]
        found.columns = [each.column for each in compared]
        found.values = {row.id: {} for row in plan.rows}
        several = len(plan.processes) - 1
        steps = Steps(
            1 + len(running) * plan.rounds + len(compared) * (several + len(plan.rows)), show
        )
        _load_in_turn(plan, running, steps)
        for contender in compared:
            _measure(plan, contender, found, steps)
    return found


def _load_in_turn(plan: Plan, running: Sequence[Contender], steps: Steps) -> None:
    """Load one process of each in interleaved rounds, so that other work on the machine disturbs
    all of them alike."""
    steps.next("the applications start")
    for contender in running:
        contender.cluster.start(1)
    for contender in running:
        contender.cluster.wait()
    for number in range(plan.rounds):
        if number and steps.late(plan.time_limit / 3):
            return
        for contender in running:
            steps.next(f"{contender.column} under load")
            headers = _headers(contender)
            contender.work.setdefault(1, []).append(_work(contender, headers, plan.seconds))
            contender.alone.append(load(contender.cluster.spec.port, headers, 1, plan.seconds))


def _measure(plan: Plan, contender: Contender, found: Run, steps: Steps) -> None:
    for count in plan.processes[1:]:
        steps.next(f"{contender.column} in {count} processes")
        if count < plan.processes[-1] and steps.late(plan.time_limit):
            continue
        contender.cluster.grow(count)
        work = _work(contender, _headers(contender), plan.seconds)
        contender.work[count] = [work]
    for row in sorted(plan.rows, key=lambda row: row.last):
        steps.next(f"{contender.column} {row.id}")
        found.values[row.id][contender.column] = row.measure(contender)
    contender.cluster.shrink(0)


def _headers(contender: Contender) -> dict[str, str]:
    """The headers of a new login; none for the bare application, which only checks a password."""
    if contender.bare:
        return contender.log_in().headers()
    contender.check_password()
    return {}


def _work(contender: Contender, headers: dict[str, str], seconds: float) -> Work:
    port = contender.cluster.spec.port
    load(port, headers, CONNECTIONS, seconds / 5)  # warms up caches and connections
    before = _usage(contender)
    answers = load(port, headers, CONNECTIONS, seconds)
    after = _usage(contender)
    cpu, calls = (
        sum(each[name] for each in after) - sum(each[name] for each in before)
        for name in ("cpu", "calls")
    )
    return Work(answers, cpu, int(calls), max(each["memory"] for each in after))


def _usage(contender: Contender) -> list[dict[str, Any]]:
    found = []
    for port in contender.cluster.ports:
        with Client(port) as client:
            found.append(client.send_ok("GET", "/usage").json())
    return found
