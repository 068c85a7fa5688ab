"""`doorward attack`: what it takes, prints and returns."""

import json
from pathlib import Path
from typing import Any

import pytest

from doorward.attack import catalogue as listed
from doorward.attack.address import Refused, parse_address
from doorward.attack.attack import Attack
from doorward.attack.attacker import Attacker
from doorward.attack.catalogue import catalogue
from doorward.attack.exchange import Exchange, shorten
from doorward.attack.lab import Instance
from doorward.attack.naive import Naive
from doorward.attack.verdict import Verdict, held
from doorward.cli import progress
from doorward.cli.attack import main
from tests.support.thread import served

ROOT = Path(__file__).parents[2]


@pytest.mark.process
def test_a_json_document_stands_alone_on_stdout(
    own: dict[str, Instance], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([own["session"].origin, "--only", "logout-replay", "--json"]) == 0
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert document["succeeded"] == 0
    assert {row["mode"] for row in document["attacks"]} == {"session/cookie", "session/bearer"}
    keys = {"id", "mode", "verdict", "seconds", "why"}
    assert all(row.keys() == keys for row in document["attacks"])
    assert document["accounts"]
    assert shown.err == ""


@pytest.mark.process
def test_the_careless_application_makes_it_exit_1_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    assert main(["--naive", "--only", "csrf", "--html", str(page)]) == 1
    assert "csrf" in capsys.readouterr().out
    assert "Cross-site request forgery" in page.read_text()
    assert "http-equiv" in page.read_text()


@pytest.mark.process
def test_an_attack_that_breaks_down_is_never_held(
    own: dict[str, Instance],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(attacker: Attacker) -> Verdict:
        raise RuntimeError("it broke")

    broken = Attack(id="x", title="t", story="s", references=(), defences=(), run=run)
    monkeypatch.setattr(listed, "catalogue", lambda: [broken])
    assert main([own["session"].origin, "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["attacks"] == []
    assert document["errors"][0]["why"] == "RuntimeError: it broke"


@pytest.mark.process
def test_whoever_stops_a_run_sees_what_was_tried_and_the_accounts_it_made(
    own: dict[str, Instance],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(attacker: Attacker) -> Verdict:
        attacker.target.sign_up()
        return held("It held.")

    def stop(attacker: Attacker) -> Verdict:
        raise KeyboardInterrupt

    attacks = [
        Attack(id=id, title="t", story="s", references=(), defences=(), run=run)
        for id, run in (("first", run), ("second", stop))
    ]
    monkeypatch.setattr(listed, "catalogue", lambda: attacks)
    assert main([own["session"].origin, "--json"]) == 130
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert [each["id"] for each in document["attacks"]] == ["first"]
    assert document["accounts"]
    assert shown.err == "doorward: stopped after 1 attack; the table shows them\n"


@pytest.mark.process
def test_what_is_no_server_of_doorward_is_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    async def nothing_there(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    with served(nothing_there) as other:
        assert main([other.url, "--only", "csrf"]) == 2
    said = capsys.readouterr().err
    assert f"{other.url} is no server of Doorward: it has no POST /api/signup (404)" in said


def test_a_list_names_every_attack(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [attack.id for attack in catalogue()]


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34",
        "http://example.invalid",
        "http://0.0.0.0:8000",
        "http://10.0.0.1:8000",
        "https://192.0.2.1",
        "http://localhost@93.184.216.34",
        "http://u:p@localhost",
        "ftp://localhost",
        "localhost:8000",
        "http://localhost:99999",
        "",
    ],
)
def test_other_hosts_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        parse_address(url)


@pytest.mark.parametrize(
    "words",
    [["http://192.0.2.1"], ["--only", "nosuch"], ["http://localhost:1"], ["--naive", "http://x"]],
)
def test_what_cannot_be_attacked_is_one_sentence_and_exit_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("doorward: ")
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 - it is refused
def test_the_careless_application_listens_on_loopback_only(host: str, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        Naive("session", tmp_path, host)


def test_secrets_are_shortened_in_print() -> None:
    secret = "ses_" + "a" * 60
    assert secret not in shorten(f"Cookie: __Host-session={secret}")
    assert "throw-away" not in shorten('{"password": "throw-away 123"}')


def test_names_of_headers_are_printed_whole_and_a_secret_is_told_from_another() -> None:
    names = ("Access-Control-Allow-Credentials", "Cookie")
    sent = ((names[0], "true"), (names[1], f"__Host-session=ses_Aa{'b' * 40}"))
    shown = Exchange("GET", "/", sent, "", 0, (), "").request_shown()
    assert all(f"{name}: " in shown for name in names)
    assert "__Host-session=ses_Aabb" in shown
    assert "b" * 20 not in shown


def test_the_docs_name_each_defence_with_its_attacks() -> None:
    rows = {}
    for line in (ROOT / "docs/attack.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[2] == "`succeeded`":
            rows[cells[0]] = set(cells[1].replace("`", "").split(", "))
    named: dict[str, set[str]] = {}
    for attack in catalogue():
        for defence in attack.defences:
            named.setdefault(defence, set()).add(attack.id)
    assert rows == named


@pytest.mark.parametrize(
    "words",
    [
        ["http://localhost:1", "--naive"],
        ["--naive", "--against", "fastapi-tutorial"],
        ["--tls-cert", "cert.pem"],
        ["--naive", "--store", "memory:"],
        ["--store", "nosuch://store"],
        ["--html", "no/such/folder/report.html"],
        ["--html", "."],
        ["--only", ""],
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_tried(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1


def test_what_is_slow_runs_when_it_is_named_or_everything_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick, slow = (
        Attack(id=id, title="", story="", references=(), defences=(), run=never, slow=id == "slow")
        for id in ("quick", "slow")
    )
    monkeypatch.setattr(listed, "catalogue", lambda: [quick, slow])
    assert listed.chosen(None) == [quick]
    assert listed.chosen(None, full=True) == [quick, slow]
    assert listed.chosen("slow") == [slow]


def never(attacker: Attacker) -> Verdict:
    raise AssertionError("it was run")


def test_a_terminal_sees_how_far_it_is_and_nothing_of_it_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    progress.show(1, 2, "unseen")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress.show(1, 2, "session/cookie csrf")
    shown = capsys.readouterr().err
    assert shown.endswith(f"{'#' * 12}{'.' * 12} 1/2 session/cookie csrf")
    progress.clear()
    assert capsys.readouterr().err == "\r\x1b[K"
