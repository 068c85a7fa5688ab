"""Every attack on the careless application: there, each succeeds."""

import json

import pytest

from doorward.attack.attack import Attack
from doorward.attack.catalogue import chosen
from doorward.attack.lab import Instance
from doorward.cli.attack import main
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


@pytest.mark.parametrize(
    "only", ["browser-csrf,cookie-twice,csrf", pytest.param("", marks=pytest.mark.soak)]
)
def test_in_one_run_no_attack_spoils_another(only: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--only", only] if only else []
    assert main(["--naive", "--json", *words]) == 1
    document = json.loads(capsys.readouterr().out)
    assert "errors" not in document
    wanted = {attack.id for attack in chosen(only or None)}
    assert {row["id"] for row in document["attacks"] if row["verdict"] == "succeeded"} == wanted
