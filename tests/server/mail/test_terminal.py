"""On a developer's own machine the links of letters are printed, and shown in the console."""

import asyncio
import logging
import sys
from io import StringIO
from typing import Any

import pytest

from doorward.accounts import Accounts
from doorward.errors import StoreUnavailable
from doorward.passwords import CHEAP
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
    assert f"Mail to {EMAIL}: Choose a new password: {LOCAL}/reset?ticket=" in said
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
    (line,) = await printed(house)
    page = (await root.get("/admin/outbox")).text
    assert line.rpartition("ticket=")[2] in page
    assert (await person.get("/admin/outbox")).status_code == 403
    house.service.terminal.links.clear()  # as after a restart
    assert "printed on the server" in (await root.get("/admin/outbox")).text


async def test_few_links_are_remembered_and_a_letter_without_one_is_not_printed(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    print_by_hand(monkeypatch)
    monkeypatch.setattr(terminal, "MOST", 2)
    house: House = await opened(public_origin=LOCAL)
    for name in ("ann", "ben", "cat"):
        await house.account(f"{name}@example.test")
        body = {"email": f"{name}@example.test"}
        await (await house.client()).post("/api/forgot", json=body)
    await (await house.client()).post("/api/forgot", json={"email": "nobody@example.test"})
    assert len(await printed(house)) == 3
    assert len(house.service.terminal.links) == 2


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
    assert ("ticket=x" in lines[0], found.links) == (shown, {"1": f"{LOCAL}/auth/reset?ticket=x"})


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody asks")
