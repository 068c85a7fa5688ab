"""The application of FastAPI's tutorial: what the page says of it is what comes out."""

import json
import re
import sys
from pathlib import Path

import pytest

from doorward.attack.client import Client
from doorward.attack.target import Target, Way
from doorward.attack.tutorial import tutorial_instance
from doorward.cli.attack import main
from tests.docs.pages import DOCS, rows

pytestmark = pytest.mark.process

OUTCOMES = {"succeeds": "succeeded", "held": "held", "not": "not_applicable"}


def said() -> dict[str, str]:
    """The outcome of each attack that the page names."""
    table = rows(DOCS / "attack-tutorial.md", "## What comes out")
    return {
        id: OUTCOMES[re.split(r"[: ]", cells[0])[0]]
        for ids, cells in table.items()
        for id in ids.split(", ")
    }


@pytest.mark.parametrize("guesses", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_the_page_says_which_attacks_succeed(
    guesses: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    page = {id: outcome for id, outcome in said().items() if guesses or "guess" not in id}
    assert main(["--against", "fastapi-tutorial", "--only", ",".join(page), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["attacks"]
    assert {row["mode"] for row in found} == {"token/bearer"}
    outcomes = {row["id"]: row["verdict"] for row in found}
    assert {id: outcomes[id] for id in page} == page


def test_it_lets_in_who_knows_the_password_and_nobody_else() -> None:
    with tutorial_instance() as instance:
        target = Target(Client(instance), Way("token", "bearer"), [])
        login = target.log_in()
        assert target.me(login).json()["subject"] == login.account.email
        assert target.me(login, f"{login.credential}x").status == 401
        assert target.try_login(login.account, "another password").status == 401


def test_without_the_extra_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "doorward.attack.tutorial")
    monkeypatch.setitem(sys.modules, "jwt", None)
    assert main(["--against", "fastapi-tutorial"]) == 2
    assert "pip install '.[server,lab]'" in capsys.readouterr().err


def test_the_source_is_named() -> None:
    text = Path(sys.modules[tutorial_instance.__module__].__file__ or "").read_text()
    for source in ("https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/", "0.141.1"):
        assert source in text
        assert source in (DOCS / "attack-tutorial.md").read_text()
