"""Runs attacks, one after the other, in each way that an instance accepts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from .address import Address
from .attack import Attack
from .attacker import Attacker
from .client import Client
from .exchange import Exchange
from .target import Target, ways_of
from .verdict import Verdict

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One attack in one way.  `error` is empty unless the attack broke down; then there is no
    verdict, and nothing is known."""

    attack: Attack
    mode: str
    verdict: Verdict | None
    seconds: float
    transcript: tuple[Exchange, ...]
    error: str = ""


@dataclass(slots=True)
class Run:
    """Everything that was tried, and the accounts that were left behind."""

    rows: list[Row] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> list[Row]:
        return [row for row in self.rows if row.verdict and row.verdict.outcome == "succeeded"]

    @property
    def errors(self) -> list[Row]:
        return [row for row in self.rows if row.verdict is None]

    @property
    def status(self) -> int:
        """1 if something succeeded, 2 if an attack broke down, else 0."""
        return 1 if self.succeeded else 2 if self.errors else 0


def attack_address(
    run: Run, address: Address, attacks: Sequence[Attack], seed: int, progress: Progress
) -> None:
    """Run each attack in each way.  Raises `Unusable`, and `OSError` if nothing answers."""
    for way in ways_of(Client(address), run.accounts):
        for attack in attacks:
            progress(f"{way} {attack.id}")
            client = Client(address)
            target = Target(client, way, run.accounts)
            random = Random(f"{seed} {attack.id} {way}")  # noqa: S311 - so that it can be repeated
            run.rows.append(_row(attack, target, random))


def _row(attack: Attack, target: Target, random: Random) -> Row:
    began, verdict, error = time.monotonic(), None, ""
    try:
        verdict = attack.run(Attacker(target, random))
    except Exception as broke:  # noqa: BLE001 - whatever it is, it is no verdict, and is reported
        error = f"{type(broke).__name__}: {broke}"
    seconds = round(time.monotonic() - began, 3)
    exchanges = tuple(target.client.transcript)
    return Row(attack, str(target.way), verdict, seconds, exchanges, error)
