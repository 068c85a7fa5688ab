"""Every attack: on Doorward, on the careless application, and on Doorward without the defence."""

import pytest

from doorward.attack.attack import Attack
from doorward.attack.catalogue import catalogue
from doorward.attack.lab import Instance
from doorward.attack.target import Way
from tests.attack.defences import DEFENCES
from tests.attack.support import WAYS, verdict_of

pytestmark = pytest.mark.process


def marks(attack: Attack) -> tuple[pytest.MarkDecorator, ...]:
    """What is slow is left to the soak."""
    return (pytest.mark.soak,) if attack.slow else ()


ATTACKS = [pytest.param(attack, id=attack.id, marks=marks(attack)) for attack in catalogue()]
PROOFS = [
    pytest.param(attack, defence, id=f"{attack.id}-{defence}", marks=marks(attack))
    for attack in catalogue()
    for defence in attack.defences
]


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_succeeds(attack: Attack, way: Way, own: dict[str, Instance]) -> None:
    assert verdict_of(attack, own, way).outcome != "succeeded"


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_succeeds_on_the_careless_application(
    attack: Attack, naive: dict[str, Instance]
) -> None:
    outcomes = [verdict_of(attack, naive, way).outcome for way in WAYS]
    assert set(outcomes) <= {"succeeded", "not_applicable"}
    assert "succeeded" in outcomes


@pytest.mark.parametrize(("attack", "defence"), PROOFS)
def test_without_its_defence_the_attack_succeeds(
    attack: Attack, defence: str, own: dict[str, Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {way: verdict_of(attack, own, way).outcome for way in WAYS}
    DEFENCES[defence](monkeypatch)
    tried = [way for way in WAYS if before[way] != "not_applicable"]
    assert tried
    assert {way: verdict_of(attack, own, way).outcome for way in tried} == dict.fromkeys(
        tried, "succeeded"
    )


def test_every_defence_is_named_by_an_attack() -> None:
    assert {defence for attack in catalogue() for defence in attack.defences} == set(DEFENCES)


def test_every_attack_is_told_in_three_sentences() -> None:
    for attack in catalogue():
        assert attack.story.count(". ") == 2
        assert attack.story.endswith(".")
        assert attack.references
        assert attack.title
