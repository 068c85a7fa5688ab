"""A whole comparison: every application is started, loaded in turn with the others, and asked."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from ..stores.unused import check_unused
from .applications.spec import Kind
from .caller import Caller
from .contender import Contender, Work
from .contenders import KINDS, contenders
from .load import load
from .machine import machine
from .row import Row, Value

CONNECTIONS = 64
"""Of the load: enough to keep four processes busy."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, where, and how long.  Without `stores` it is a SQLite file of its own.
    Many short rounds find a moment in which the machine did
    nothing else.  After `enough` seconds, what can be left out is."""

    rows: Sequence[Row]
    stores: Sequence[str] = ()
    rounds: int = 12
    seconds: float = 0.8
    processes: Sequence[int] = (1, 2, 4)
    enough: float = inf
    kinds: Sequence[Kind] = KINDS


@dataclass(slots=True)
class Run:
    """What was found, by row and column, and on which machine."""

    machine: dict[str, Any]
    rows: Sequence[Row]
    columns: list[str] = field(default_factory=list)
    values: dict[str, dict[str, Value]] = field(default_factory=dict)


class Steps:
    """Tells how far a run is."""

    def __init__(self, total: int, show: Callable[[int, int, str], None]) -> None:
        self._total, self._done, self._show = total, 0, show
        self._began = monotonic()

    def next(self, label: str) -> None:
        self._show(min(self._done, self._total), self._total, label)
        self._done += 1

    def late(self, seconds: float) -> bool:
        """Whether so much time has passed."""
        return monotonic() - self._began > seconds


def compare(plan: Plan, show: Callable[[int, int, str], None]) -> Run:
    """Raises `Unusable` when an application does not do what it must, and `ConfigurationError` for
    a store that cannot be used."""
    for store in plan.stores:
        asyncio.run(check_unused(store))
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
    """One process each, in interleaved rounds, so that whatever else the machine does meets all."""
    steps.next("the applications start")
    for contender in running:
        contender.cluster.start(1)
    for contender in running:
        contender.cluster.wait()
    for number in range(plan.rounds):
        if number and steps.late(plan.enough / 3):
            return
        for contender in running:
            steps.next(f"{contender.column} under load")
            headers = _headers(contender)
            contender.work.setdefault(1, []).append(_work(contender, headers, plan.seconds))
            contender.alone.append(load(contender.cluster.spec.port, headers, 1, plan.seconds))


def _measure(plan: Plan, contender: Contender, found: Run, steps: Steps) -> None:
    for count in plan.processes[1:]:
        steps.next(f"{contender.column} in {count} processes")
        if count < plan.processes[-1] and steps.late(plan.enough):
            continue
        contender.cluster.grow(count)
        work = _work(contender, _headers(contender), plan.seconds)
        contender.work[count] = [work]
    for row in sorted(plan.rows, key=lambda row: row.last):
        steps.next(f"{contender.column} {row.id}")
        found.values[row.id][contender.column] = row.measure(contender)
    contender.cluster.shrink(0)


def _headers(contender: Contender) -> dict[str, str]:
    """Of a new login.  The bare application checks a password as well, and then asks nobody."""
    return contender.log_in().headers() if contender.bare else contender.check_password()


def _work(contender: Contender, headers: dict[str, str], seconds: float) -> Work:
    port = contender.cluster.spec.port
    load(port, headers, CONNECTIONS, seconds / 5)  # what is slow the first time is not meant
    before = _usage(contender)
    answers = load(port, headers, CONNECTIONS, seconds)
    after = _usage(contender)
    asked = {
        name: count - sum(each["calls"].get(name, 0) for each in before)
        for name, count in _added(after).items()
    }
    cpu = sum(each["cpu"] for each in after) - sum(each["cpu"] for each in before)
    return Work(answers, cpu, asked, max(each["memory"] for each in after))


def _usage(contender: Contender) -> list[dict[str, Any]]:
    found = []
    for port in contender.cluster.ports:
        with Caller(port) as caller:
            found.append(caller.done("GET", "/usage").json())
    return found


def _added(usages: Sequence[dict[str, Any]]) -> dict[str, int]:
    names = dict.fromkeys(name for each in usages for name in each["calls"])
    return {name: sum(each["calls"].get(name, 0) for each in usages) for name in names}
