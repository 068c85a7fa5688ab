"""Every attack on Doorward without the defence that the attack names: now it succeeds."""

import pytest

from doorward.attack.attack import Attack
from doorward.attack.catalogue import catalogue
from doorward.attack.lab import Instance
from tests.attack.defences import DEFENCES
from tests.attack.support import applied, drives_a_browser, param

PAIRS = [(attack, defence) for attack in catalogue() for defence in attack.defences]
QUICK = [
    param(attack, defence, soak=attack.slow or drives_a_browser(attack))
    for attack, defence in PAIRS
]
EVERY = [param(attack, defence, soak=True) for attack, defence in PAIRS]


@pytest.mark.process
@pytest.mark.parametrize(("attack", "defence"), QUICK)
def test_without_its_defence_the_attack_succeeds(
    attack: Attack, defence: str, own: dict[str, Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    DEFENCES[defence](monkeypatch)
    _, verdict = next(applied(attack, own))
    assert verdict.outcome == "succeeded", verdict.why


@pytest.mark.process
@pytest.mark.parametrize(("attack", "defence"), EVERY)
def test_without_its_defence_the_attack_succeeds_in_every_way(
    attack: Attack, defence: str, own: dict[str, Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = [way for way, verdict in applied(attack, own) if verdict.outcome in ("held", "detected")]
    DEFENCES[defence](monkeypatch)
    found = {way: verdict.outcome for way, verdict in applied(attack, own)}
    assert ways
    assert found == dict.fromkeys(ways, "succeeded")


def test_every_defence_is_named_by_an_attack() -> None:
    assert {defence for _, defence in PAIRS} == set(DEFENCES)
