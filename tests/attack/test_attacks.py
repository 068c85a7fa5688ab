"""Every attack on Doorward."""

from pathlib import Path

import pytest

from doorward.attack.attack import Attack
from doorward.attack.catalogue import catalogue
from doorward.attack.lab import Instance
from tests.attack.support import EVERY, QUICK, WAYS, applied, verdict_of

ATTACKS = Path(__file__).parents[2] / "src/doorward/attack/attacks"
LONGEST = 120


@pytest.mark.process
@pytest.mark.parametrize("attack", QUICK)
def test_no_attack_succeeds(attack: Attack, own: dict[str, Instance]) -> None:
    _, verdict = next(applied(attack, own))
    assert verdict.outcome in ("held", "detected"), verdict.why


@pytest.mark.process
@pytest.mark.parametrize("attack", EVERY)
def test_no_attack_succeeds_in_any_way(attack: Attack, own: dict[str, Instance]) -> None:
    verdicts = [verdict_of(attack, own, way) for way in WAYS]
    assert "succeeded" not in [verdict.outcome for verdict in verdicts], verdicts


@pytest.mark.parametrize("attack", catalogue(), ids=lambda attack: attack.id)
def test_an_attack_is_a_short_file_that_tells_its_story_and_sources(attack: Attack) -> None:
    file = ATTACKS / f"{attack.id.replace('-', '_')}.py"
    assert len(file.read_text().splitlines()) <= LONGEST
    assert attack.story.count(". ") == 2
    assert attack.story.endswith(".")
    assert attack.title
    assert attack.defences
    assert any(each.startswith(("CWE", "CVE", "RFC", "ASVS")) for each in attack.references)
