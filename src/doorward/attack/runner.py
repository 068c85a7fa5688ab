"""Runs attacks, one after the other, in each mode and transport that an instance accepts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from .attack import Attack
from .attacker import Attacker
from .client import Client, another_source
from .exchange import Exchange
from .lab import Instance
from .target import Account, Missing, Target, ways_of
from .verdict import Verdict, not_applicable

Progress = Callable[[int, int, str], None]
"""Takes the number of attacks done, the number of all, and the name of the next."""

USUAL = frozenset({"/api/signup", "/api/login", "/api/me"})
"""The paths that an application needs for any attack."""

CREDENTIALS = frozenset({"/api/me", "/api/refresh"})
"""The paths whose refusal is what most attacks are about."""

NOT_TRIED = "not_applicable"

OURS = "It tests Doorward's own pages or server, and this is another application."


@dataclass(frozen=True, slots=True)
class Row:
    """One attack in one mode and transport.  `error` is empty unless the attack broke down; then
    there is no verdict."""

    attack: Attack
    mode: str
    verdict: Verdict | None
    seconds: float
    transcript: tuple[Exchange, ...]
    error: str = ""

    @property
    def tried(self) -> bool:
        """Whether the instance could be attacked by it."""
        return self.verdict is None or self.verdict.outcome != NOT_TRIED


@dataclass(slots=True)
class Run:
    """Everything that was tried, and the accounts that were left behind.  `stopped` tells that
    somebody ended it before all was tried."""

    rows: list[Row] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def tried(self) -> list[Row]:
        """Those that the instance could be attacked by."""
        return [row for row in self.rows if row.tried]

    @property
    def succeeded(self) -> list[Row]:
        return [row for row in self.rows if row.verdict and row.verdict.outcome == "succeeded"]

    @property
    def errors(self) -> list[Row]:
        return [row for row in self.rows if row.verdict is None]

    @property
    def status(self) -> int:
        """130 if it was stopped, as a shell says it of a signal (POSIX, 2.8.2), 1 if something
        succeeded, 2 if an attack broke down, else 0."""
        if self.stopped:
            return 130
        return 1 if self.succeeded else 2 if self.errors else 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The attacks of a run.  With `full`, they use the sizes that take minutes.  `people` already
    have accounts."""

    attacks: Sequence[Attack]
    seed: int = 0
    full: bool = False
    people: Sequence[Account] = ()


def attack_instance(run: Run, instance: Instance, plan: Plan, progress: Progress) -> None:
    """Run each attack in each way, those that guess at the end.  Raises `Unusable`, and `OSError`
    if nothing answers."""
    people = list(plan.people)
    ways = ways_of(instance, run.accounts, people)
    tried = [(way, attack) for way in ways for attack in plan.attacks]
    for done, (way, attack) in enumerate(sorted(tried, key=lambda pair: pair[1].last)):
        label = f"{way} @ {instance.label}" if instance.label else str(way)
        progress(done, len(tried), f"{label} {attack.id}")
        client = Client(instance, another_source(instance.ip))
        target = Target(client, way, run.accounts, people)
        random = Random(f"{plan.seed} {attack.id} {way}")  # noqa: S311 - so that it can be repeated
        run.rows.append(_row(attack, Attacker(target, random, plan.full), label))


def _row(attack: Attack, attacker: Attacker, label: str) -> Row:
    began, verdict, error = time.monotonic(), None, ""
    try:
        verdict = judged(attack, attacker)
    except Exception as broke:  # noqa: BLE001 - every failure is reported, and none is a verdict
        error = f"{type(broke).__name__}: {broke}"
    seconds = round(time.monotonic() - began, 3)
    return Row(attack, label, verdict, seconds, tuple(attacker.target.client.transcript), error)


def judged(attack: Attack, attacker: Attacker) -> Verdict:
    """The verdict of the attack; not applicable if the application has none of the paths that it
    needs.  Raises whatever broke the attack down."""
    if attack.ours and attacker.target.adapted:
        return not_applicable(OURS)
    try:
        verdict = attack.run(attacker)
    except Missing as missing:
        return not_applicable(str(missing))
    except Exception:
        if not (gone := _gone(attacker)):
            raise
        return not_applicable(gone)
    if verdict.outcome in ("held", "detected"):
        _check_unbroken(attacker)
    tried = [each for each in attacker.target.client.transcript if each.path not in USUAL]
    if verdict.outcome == "held" and tried and all(each.missing for each in tried):
        return not_applicable(_gone(attacker))
    return verdict


def _check_unbroken(attacker: Attacker) -> None:
    """A request that made the application fail, or that a limiter turned away, was not refused by
    any defence of credentials."""
    for each in attacker.target.client.transcript:
        unread = each.path in CREDENTIALS and (each.status == 429 or each.status > 500)
        if each.status == 500 or unread:
            raise AssertionError(f"{each.method} {each.path} was answered {each.status}")


def _gone(attacker: Attacker) -> str:
    """A sentence about the last path that the application does not have; empty if it has all."""
    paths = [each.path for each in attacker.target.client.transcript if each.missing]
    return f"The application has no {paths[-1]}." if paths else ""
