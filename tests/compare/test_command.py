"""`doorward compare`: what it takes, and a whole run in real processes."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from doorward.cli import compare as command
from doorward.cli.compare import main
from doorward.compare.applications.hs256 import Refused, signed, verified
from doorward.compare.applications.spec import Spec
from doorward.compare.catalogue import ROWS
from doorward.compare.client import Unusable
from doorward.compare.cluster import cluster
from doorward.compare.run import Plan, Run, compare
from tests.compare.figures import a_run

SPEC = Spec(
    kind="session",
    store="sqlite:////dev/null/store.db",
    port=0,
    root_key_file="/nowhere/root.key",
    hash="",
    secret="",
    lifetime=60,
)


LONGER = {"role", "role-bytes", "role-limit", "stored-bytes", "purge"}
"""What waits, fills or logs in often: the soak has everything."""


@pytest.fixture(scope="module")
def run() -> Run:
    """Two kinds, two processes each at most, and the shortest loads."""
    shorter = [row for row in ROWS if row.id not in LONGER]
    plan = Plan(shorter, rounds=1, seconds=0.05, processes=(1, 2), kinds=("token", "plain_jwt"))
    return compare(plan, lambda done, total, label: None)


def value(run: Run, row: str, column: str) -> float:
    found = run.values[row][column]
    assert isinstance(found, int | float), found
    return found


TOKEN, JWT = "token @ sqlite", "plain_jwt @ none"


@pytest.mark.process
def test_a_run_measures_every_row_of_every_column(run: Run) -> None:
    assert run.columns == [TOKEN, JWT]
    assert run.values.keys() == {row.id for row in ROWS} - LONGER
    assert all(values.keys() == {TOKEN, JWT} for values in run.values.values())
    assert run.values["four-processes"] == {TOKEN: None, JWT: None}


@pytest.mark.process
def test_a_lock_is_obeyed_at_once_and_by_a_plain_jwt_when_it_expires(run: Run) -> None:
    assert value(run, "lock", TOKEN) < 5_000
    assert 1_790_000 < value(run, "lock", JWT) <= 1_803_000
    assert (value(run, "after-logout", TOKEN), value(run, "after-logout", JWT)) == (0, 1_800)


@pytest.mark.process
def test_what_was_stolen_opens_what_it_opens(run: Run) -> None:
    assert run.values["stolen-key"] == {TOKEN: "nothing without the database", JWT: "every account"}
    assert run.values["stolen-database"] == {TOKEN: 0, JWT: 0}
    assert run.values["key-logins"] == {TOKEN: 0, JWT: 100}
    assert run.values["theft-noticed"] == {TOKEN: 620, JWT: None}


@pytest.mark.process
def test_a_credential_shows_what_it_holds(run: Run) -> None:
    assert run.values["visible"][JWT] == "exp, roles, sub"
    assert "sid" in str(run.values["visible"][TOKEN])
    assert value(run, "request-bytes", TOKEN) > value(run, "request-bytes", JWT) > 100
    assert value(run, "store-reads", TOKEN) < 0.1


@pytest.mark.process
def test_a_process_that_does_not_start_is_told_in_a_sentence() -> None:
    with cluster(SPEC) as processes, pytest.raises(Unusable, match=r"did not start: .*null"):
        processes.grow(1)


@pytest.mark.parametrize(
    "words",
    [
        ["--store", "nosuch://store"],
        ["--store", "memory:"],
        ["--store", "postgresql://127.0.0.1:1/nobody"],
        ["--store", "redis://127.0.0.1:1"],
        ["--html", "no/such/folder/report.html"],
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exit_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("doorward: ")
    assert shown.err.count("\n") == 1


def test_two_stores_of_one_kind_do_not_share_their_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "compare", lambda plan, show: a_run())
    assert main(["--store", "postgres://one/db", "--store", "postgresql://two/db"]) == 2
    assert "two stores of one kind" in capsys.readouterr().err


def test_a_page_and_a_document_are_written_of_the_same_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "compare", lambda plan, show: a_run())
    page = tmp_path / "page.html"
    assert main(["--quick", "--json", "--html", str(page)]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == len(ROWS)
    assert page.read_text().startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_loses_no_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "compare", lambda plan, show: a_run())
    assert main(["--json", "--html", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert len(json.loads(shown.out)["rows"]) == len(ROWS)
    assert "cannot be written" in shown.err


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_plain_jwt_is_good_until_it_expires_by_either_library(
    by_hand: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if by_hand:
        monkeypatch.setattr("doorward.compare.applications.hs256.jwt", None)
    expires = int(time.time()) + 60
    token = signed({"sub": "ada", "exp": expires}, "s" * 32)
    assert verified(token, "s" * 32, expires - 1)["sub"] == "ada"
    for text, secret, now in ((token, "t" * 32, 0), (token[:-2], "s" * 32, 0)):
        with pytest.raises(Refused):
            verified(text, secret, now)
    with pytest.raises(Refused):
        verified(token, "s" * 32, expires)


def test_a_spec_travels_as_one_word() -> None:
    assert Spec.parse(replace(SPEC, port=7).text()) == replace(SPEC, port=7)


@pytest.mark.soak
@pytest.mark.process
def test_a_quick_run_ends_within_two_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    assert main(["--quick", "--json"]) == 0
    assert time.monotonic() - began < 120
    document = json.loads(capsys.readouterr().out)
    columns = {f"{kind} @ sqlite" for kind in ("session", "token", "plain_session")}
    for row in document["rows"]:
        assert row["values"].keys() == columns | {"plain_jwt @ none"}
    role = next(row["values"] for row in document["rows"] if row["id"] == "role")
    assert max(role[column] for column in columns) < 5_000 < role["plain_jwt @ none"]
