"""On a developer's own machine the links of letters are printed, and shown in the console."""

import asyncio
import logging
import sys
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from doorward.accounts import Accounts
from doorward.errors import StoreUnavailable
from doorward.passwords import CHEAP
from doorward.server.accounts.mail_code import code_in
from doorward.server.mail import terminal
from doorward.server.mail.letter import Filled, Letter
from doorward.testing import FakeClock
from tests.server.house import EMAIL, PASSWORD, House, Opened, login
from tests.server.letters import LOCAL, print_by_hand, printed

pytestmark = pytest.mark.anyio


async def test_the_server_itself_prints_links_and_the_log_holds_none(
    opened: Opened, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house: House = await opened(public_origin=LOCAL)
    await house.account()
    client = await house.client()
    await client.post("/api/forgot", json={"email": EMAIL})
    said = ""
    async with asyncio.timeout(10):
        while "Mail to" not in said:
            await asyncio.sleep(0.01)
            said += capfd.readouterr().err
    subject = "  Subject: [Doorward] Choose a new password\n"
    assert f"Mail to {EMAIL}\n{subject}  Link: {LOCAL}/reset?ticket=" in said
    assert "ticket" not in caplog.text


async def test_the_console_shows_each_letter_with_the_link_that_was_printed(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    print_by_hand(monkeypatch)
    house: House = await opened(public_origin=LOCAL, verify="later")
    root = await house.browser()
    await house.account("root@example.test", "admin")
    assert (await login(root, email="root@example.test")).status_code == 200
    person = await house.browser()
    await person.post("/signup", data={"email": EMAIL, "password": PASSWORD})
    assert "ticket=" not in (await root.get("/admin/outbox")).text  # nobody printed it yet
    (block,) = [each for each in await printed(house) if "ticket=" in each]
    page = (await root.get("/admin/outbox")).text
    assert block.rpartition("ticket=")[2] in page
    assert (await person.get("/admin/outbox")).status_code == 403
    house.service.terminal.links.clear()  # as after a restart
    assert "printed on the server" in (await root.get("/admin/outbox")).text


async def test_few_links_are_remembered(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    print_by_hand(monkeypatch)
    monkeypatch.setattr(terminal, "MOST", 2)
    house: House = await opened(public_origin=LOCAL)
    for name in ("ann", "ben", "cat"):
        await house.account(f"{name}@example.test")
        body = {"email": f"{name}@example.test"}
        await (await house.client()).post("/api/forgot", json=body)
    await (await house.client()).post("/api/forgot", json={"email": "nobody@example.test"})
    assert len(await printed(house)) == 4
    assert len(house.service.terminal.links) == 2


async def test_each_letter_is_printed_in_one_piece_with_its_link_and_its_code(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    print_by_hand(monkeypatch)
    house: House = await opened(public_origin=LOCAL, site_name="Notes", login_by_mail=True)
    subject = await house.account()
    await house.service.recorder.note("password_changed", subject=subject)
    assert await printed(house) == [
        f"Mail to {EMAIL}\n  Subject: [Notes] Your password was changed"
    ]
    await (await house.browser()).post("/login/mail", data={"email": EMAIL})
    (block,) = await printed(house)
    to, title, link, code = block.splitlines()
    assert (to, title) == (
        f"Mail to {EMAIL}",
        "  Subject: [Notes] Your link and code for logging in",
    )
    assert link.startswith(f"  Link: {LOCAL}/link/login?ticket=")
    assert code == f"  Code: {code_in(link)}"
    await house.account("nobody@example.test")
    root = await house.browser()
    await house.account("root@example.test", "admin")
    await login(root, email="root@example.test")
    assert code.removeprefix("  Code: ") in (await root.get("/admin/outbox")).text


@pytest.mark.parametrize("failure", [StoreUnavailable("gone"), ValueError("a bug")])
async def test_a_round_that_fails_is_not_the_last(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    again = asyncio.Event()
    rounds: list[int] = []

    async def deliver(*_: object) -> None:
        rounds.append(1)
        if len(rounds) > 1:
            again.set()
        raise failure

    monkeypatch.setattr(terminal, "EVERY", 0)
    monkeypatch.setattr(terminal.Terminal, "deliver", deliver)
    await opened(public_origin=LOCAL)
    async with asyncio.timeout(10):
        await again.wait()


@pytest.mark.engine
@pytest.mark.parametrize(("origin", "shown"), [(None, False), (LOCAL, True)])
async def test_an_application_that_names_no_origin_prints_links_in_a_terminal_alone(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, origin: str | None, shown: bool
) -> None:
    """It may run elsewhere than on the machine of who tries it."""
    print_by_hand(monkeypatch)
    monkeypatch.setattr(sys, "stderr", StringIO())
    options = {} if origin is None else {"public_origin": origin}
    accounts = Accounts(
        "memory:",
        root_key_file=tmp_path / "key",
        clock=FakeClock(),
        cost=CHEAP,
        **options,
    )
    app = accounts.wrap(_nothing)
    async with accounts.lifespan(app):
        inner = accounts._inner
        assert inner is not None
        found, lines = inner.state.service.terminal, list[str]()
        object.__setattr__(found, "say", lines.append)
        letter = Letter(id="1", kind="reset_asked", subject="u", email=EMAIL, at=1)
        found._print(Filled(letter, f"{LOCAL}/auth/reset?ticket=x"))
        found._print(Filled(replace(letter, id="2", kind="login_asked"), f"{LOCAL}/auth?ticket=y"))
    first, second = lines
    assert first.startswith(
        f"Mail to {EMAIL}\n  Subject: [Doorward] Choose a new password\n  Link: "
    )
    assert ("ticket=x" in first, "ticket=y" in second) == (shown, shown)
    assert (code_in("?ticket=y") in second) == shown
    assert found.links == {"1": f"{LOCAL}/auth/reset?ticket=x", "2": f"{LOCAL}/auth?ticket=y"}


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody asks")
