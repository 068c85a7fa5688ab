"""What `doorward serve` has to do with the console: the first link, and an end without waiting."""

import re
from pathlib import Path
from time import monotonic

import httpx2
import pytest

from tests.support.until import PATIENCE, until

from .serving import GRACE, Open, run, serve

pytestmark = pytest.mark.engine

EMAIL, PASSWORD = "root@example.test", "correct horse battery"


def set_up(server: Open) -> str:
    """Make the first administrator by the link.  A bearer token of theirs."""
    link = re.search(r"^http\S+/setup\?ticket=(\S+)$", server.output, re.MULTILINE)
    assert link is not None, server.output
    account = {"email": EMAIL, "password": PASSWORD}
    browser = {"sec-fetch-site": "same-origin"}
    form = {**account, "ticket": link[1]}
    assert httpx2.post(f"{server.url}/setup", data=form, headers=browser).status_code == 303
    body = {**account, "transport": "bearer"}
    return str(httpx2.post(f"{server.url}/api/login", json=body).json()["access_token"])


def test_the_link_for_the_first_administrator_is_printed_until_there_is_one(
    tmp_path: Path,
) -> None:
    def visit(server: Open) -> None:
        assert "No administrator yet" in server.output
        token = set_up(server)
        online = f"{server.url}/api/admin/online"
        answer = httpx2.get(online, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200

    serve(folder=tmp_path, visit=visit)
    said = serve(folder=tmp_path).output
    assert "No administrator yet" not in said
    assert "/setup" not in said


def test_who_tries_the_server_finds_the_link_of_a_letter_in_its_output(tmp_path: Path) -> None:
    account = {"email": "ann@example.test", "password": PASSWORD}

    def visit(server: Open) -> None:
        answer = httpx2.post(f"{server.url}/api/signup", json=account)
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
        until(
            lambda: (
                "Mail to ann@example.test\n  Subject: [Doorward] Confirm your address\n  Link: "
                in server.output
            )
        )
        link = re.search(rf" {server.url}/verify\?ticket=(\S+)$", server.output, re.MULTILINE)
        assert link is not None, server.output
        proof = {"ticket": link[1]}
        assert httpx2.post(f"{server.url}/api/verify", json=proof).status_code == 204
        assert httpx2.post(f"{server.url}/api/login", json=account).status_code == 200

    serve("--verify", "first", folder=tmp_path, visit=visit)


def test_where_no_letter_can_be_sent_nobody_is_asked_to_confirm_one(tmp_path: Path) -> None:
    origin = ("--public-origin", "https://login.example", "--trusted-proxies", "127.0.0.1")
    done = run("serve", *origin, "--verify", "first", folder=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert "--verify first needs mail: set --smtp-url and --mail-from" in done.err


def test_an_open_console_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.http.serving.GRACE", GRACE)
    told_at: list[float] = []

    def visit(server: Open) -> None:
        token = {"authorization": f"Bearer {set_up(server)}"}
        address = f"{server.url}/admin/online/events"
        with httpx2.stream("GET", address, headers=token, timeout=PATIENCE) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            told_at.append(monotonic())
            server.stop()
            list(lines)  # it was ended, and not broken off

    serve(folder=tmp_path, visit=visit)
    assert monotonic() - told_at[0] < GRACE / 2
