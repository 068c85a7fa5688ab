"""Every attack on the careless application: there, each succeeds that is about what it has."""

import json

import pytest

from doorward.attack.attack import Attack
from doorward.attack.catalogue import catalogue, chosen
from doorward.attack.lab import Instance
from doorward.cli.attack import main
from tests.attack.support import applied, param

pytestmark = pytest.mark.process

ELSEWHERE = frozenset(
    {
        "code-in-referer",
        "consent-by-token",
        "consent-csrf",
        "grant-after-end",
        "grant-as-login",
        "grant-code-replay",
        "grant-code-stolen",
        "grant-elsewhere",
        "grant-logout-link",
        "grant-pkce-downgrade",
        "grant-redirect",
        "grant-refresh-late",
        "grant-refresh-stranger",
        "introspection-oracle",
        "letter-enumeration",
        "link-scanner",
        "mail-link-elsewhere",
        "mix-up",
        "passkey-forged",
        "recovery-code-replay",
        "reset-skips-factor",
        "scope-growth",
        "second-step-skip",
        "second-step-stolen",
        "totp-replay",
    }
)
"""Attacks on second factors, letters and other applications, none of which the careless one has."""

HERE = [attack for attack in catalogue() if attack.id not in ELSEWHERE]


@pytest.mark.parametrize("attack", [param(each, soak=each.slow) for each in HERE])
def test_each_attack_succeeds(attack: Attack, naive: dict[str, Instance]) -> None:
    _, verdict = next(applied(attack, naive))
    assert verdict.outcome == "succeeded", verdict.why


@pytest.mark.parametrize("attack", [param(each, soak=True) for each in HERE])
def test_each_attack_succeeds_wherever_it_is_applicable(
    attack: Attack, naive: dict[str, Instance]
) -> None:
    outcomes = [verdict.outcome for _, verdict in applied(attack, naive)]
    assert set(outcomes) == {"succeeded"}


def test_attacks_on_what_it_does_not_have_are_not_applicable(naive: dict[str, Instance]) -> None:
    elsewhere = [attack for attack in catalogue() if attack.id in ELSEWHERE]
    assert len(elsewhere) == len(ELSEWHERE)
    assert [list(applied(attack, naive)) for attack in elsewhere] == [[]] * len(elsewhere)


@pytest.mark.parametrize(
    "only", ["browser-csrf,cookie-twice,csrf", pytest.param("", marks=pytest.mark.soak)]
)
def test_in_one_run_no_attack_spoils_another(only: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--only", only] if only else []
    assert main(["--naive", "--json", *words]) == 1
    document = json.loads(capsys.readouterr().out)
    assert "errors" not in document
    wanted = {attack.id for attack in chosen(only or None)} - ELSEWHERE
    assert {row["id"] for row in document["attacks"] if row["verdict"] == "succeeded"} == wanted
