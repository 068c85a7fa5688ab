"""Every attack on the careless application: there, each succeeds."""

import pytest

from doorward.attack.attack import Attack
from doorward.attack.lab import Instance
from tests.attack.support import EVERY, QUICK, applied

pytestmark = pytest.mark.process


@pytest.mark.parametrize("attack", QUICK)
def test_each_attack_succeeds(attack: Attack, naive: dict[str, Instance]) -> None:
    _, verdict = next(applied(attack, naive))
    assert verdict.outcome == "succeeded", verdict.why


@pytest.mark.parametrize("attack", EVERY)
def test_each_attack_succeeds_wherever_it_is_applicable(
    attack: Attack, naive: dict[str, Instance]
) -> None:
    outcomes = [verdict.outcome for _, verdict in applied(attack, naive)]
    assert set(outcomes) == {"succeeded"}
