"""The postman against a real SMTP server: TLS, logins, refusals, silence, and the end."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from doorward.server.accounts.users import Users
from doorward.server.app import DECLARED
from doorward.server.audit.entry import Entry
from doorward.server.audit.log import Audit
from doorward.server.db.database import Database, open_database
from doorward.server.mail.letter import Filled, Letter, Letters
from doorward.server.mail.outbox import LIFE, SHORTEST, Outbox
from doorward.server.mail.postman import Postman
from doorward.server.mail.relay import Relay, Tls
from doorward.testing import FakeClock
from tests.support.ports import free_port
from tests.support.smtp import running_smtp, self_signed
from tests.support.until import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

ORIGIN, FROM = "https://login.example", "login@login.example"
LETTERS = Letters(DECLARED.letters, ORIGIN, "Example")


class Post:
    """An outbox in memory, and how a test puts into it."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, FakeClock()
        self.outbox = Outbox(database, DECLARED.letters, sends=True)
        self.link: str | None = None

    async def happen(self, kind: str = "reused", email: str = "ann@example.test") -> None:
        users = Users(self.database)
        user = await users.by_email(email) or await users.create(email, None, at=1)
        entry = Entry(kind=kind, at=self.clock(), subject=user.subject)
        await Audit(self.database, self.outbox.put).append(entry)

    def man(self, relay: Relay, password: str | None = None) -> Postman:
        async def fill(letter: Letter) -> Filled | None:
            link = self.link if letter.kind in DECLARED.links else ""
            return None if link is None else Filled(letter, link)

        return Postman(self.outbox, relay, FROM, password, LETTERS, fill, self.clock)


@pytest.fixture
async def desk() -> AsyncIterator[Post]:
    database = await open_database("memory:")
    yield Post(database)
    await database.close()


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="doorward.events")
    return caplog


def told(events: pytest.LogCaptureFixture) -> list[str]:
    lines = [each.getMessage() for each in events.records if each.name == "doorward.events"]
    return [json.loads(line)["event"] for line in lines]


def at(port: int, user: str | None = None) -> Relay:
    return Relay("127.0.0.1", port, user, "none")


async def test_all_that_is_due_is_sent_once_and_the_log_says_so(
    desk: Post, events: pytest.LogCaptureFixture
) -> None:
    async with running_smtp() as smtp:
        for kind in ("reused", "new_device"):
            await desk.happen(kind)
        for _ in range(2):
            await asyncio.gather(*(desk.man(at(smtp.port)).deliver() for _ in range(4)))
        assert sorted(each.recipient for each in smtp.taken) == ["ann@example.test"] * 2
    assert told(events) == ["mail_sent"] * 2
    assert "ann@example.test" not in events.text


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_over_tls_the_password_is_shown_to_the_server_alone(
    desk: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: Tls
) -> None:
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    await desk.happen()
    async with running_smtp(context, implicit=tls == "implicit") as smtp:
        relay = replace(at(smtp.port, "ann"), tls=tls)
        await desk.man(relay, "open sesame").deliver()
        (taken,) = smtp.taken
    assert (taken.secure, taken.login) == (True, "\0ann\0open sesame")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_to_a_server_without_a_good_certificate_nothing_is_said(
    desk: Post, tmp_path: Path, events: pytest.LogCaptureFixture, tls: Tls
) -> None:
    await desk.happen()
    context, _ = self_signed(tmp_path)
    async with running_smtp(context, implicit=tls == "implicit") as smtp:
        await desk.man(replace(at(smtp.port, "ann"), tls=tls), "open sesame").deliver()
        assert smtp.taken == []
    assert told(events) == ["mail_not_sent"]
    assert "sesame" not in events.text


async def test_a_server_that_offers_no_starttls_gets_nothing(
    desk: Post, events: pytest.LogCaptureFixture
) -> None:
    await desk.happen()
    async with running_smtp() as smtp:
        await desk.man(replace(at(smtp.port, "ann"), tls="starttls"), "open sesame").deliver()
        assert (smtp.taken, smtp.logins) == ([], [])
    assert told(events) == ["mail_not_sent"]


async def test_what_is_refused_is_tried_again_until_it_is_taken(
    desk: Post, events: pytest.LogCaptureFixture
) -> None:
    await desk.happen()
    async with running_smtp() as smtp:
        man = desk.man(at(smtp.port))
        smtp.refuse = "450 later"
        await man.deliver()
        await man.deliver()
        desk.clock.advance(SHORTEST)
        smtp.refuse = ""
        await man.deliver()
        assert len(smtp.taken) == 1
    assert told(events) == ["mail_not_sent", "mail_sent"]
    assert "450" in events.text


async def test_where_nobody_takes_mail_a_letter_is_given_up_after_a_day(
    desk: Post, events: pytest.LogCaptureFixture
) -> None:
    await desk.happen()
    man = desk.man(at(free_port()))
    for _ in range(3):
        await man.deliver()
        desk.clock.advance(LIFE // 2)
    await man.deliver()
    assert told(events) == ["mail_not_sent"] * 2 + ["mail_given_up"]
    assert events.records[-1].levelno == logging.ERROR
    assert await desk.outbox.latest(9) == []


async def test_a_letter_that_cannot_be_sent_keeps_no_other_back(desk: Post) -> None:
    async with running_smtp() as smtp:
        smtp.refuse_whom = "nobody@example.test"
        await desk.happen(email="nobody@example.test")
        desk.clock.advance(1)
        await desk.happen(email="ann@example.test")
        await desk.man(at(smtp.port)).deliver()
        assert [each.recipient for each in smtp.taken] == ["ann@example.test"]


async def test_a_recipient_refused_for_good_is_given_up_at_once_and_the_log_says_why(
    desk: Post, events: pytest.LogCaptureFixture
) -> None:
    await desk.happen()
    async with running_smtp() as smtp:
        smtp.refuse = "550 no such mailbox"
        await desk.man(at(smtp.port)).deliver()
        smtp.refuse = ""
        desk.clock.advance(LIFE // 2)
        await desk.man(at(smtp.port)).deliver()
        assert smtp.taken == []
    assert told(events) == ["mail_given_up"]
    assert json.loads(events.records[-1].getMessage())["reason"] == "550 no such mailbox"
    assert events.records[-1].levelno == logging.ERROR
    assert await desk.outbox.latest(9) == []


@pytest.mark.parametrize(
    "answer", ["554 5.7.1 relay access denied", "550 5.7.1 not you", "530 5.7.0 log in first"]
)
async def test_what_the_relay_has_against_us_takes_no_letter_with_it(
    desk: Post, events: pytest.LogCaptureFixture, answer: str
) -> None:
    await desk.happen()
    async with running_smtp() as smtp:
        smtp.refuse = answer
        await desk.man(at(smtp.port)).deliver()
        smtp.refuse = ""
        desk.clock.advance(SHORTEST)
        await desk.man(at(smtp.port)).deliver()
        assert len(smtp.taken) == 1
    assert told(events) == ["mail_not_sent", "mail_sent"]


async def test_a_recipient_refused_for_now_is_tried_less_and_less_often_for_a_day(
    desk: Post, events: pytest.LogCaptureFixture
) -> None:
    await desk.happen()
    async with running_smtp() as smtp:
        smtp.refuse = "450 mailbox busy"
        man = desk.man(at(smtp.port))
        for _ in range(LIFE // SHORTEST + 1):
            await man.deliver()
            desk.clock.advance(SHORTEST)
    *refused, last = told(events)
    assert (set(refused), last) == ({"mail_not_sent"}, "mail_given_up")
    assert len(refused) < 15
    assert await desk.outbox.latest(9) == []


@pytest.mark.parametrize("what", ["its recipient for now", "what it says", "letters beyond ASCII"])
async def test_whatever_one_letter_is_refused_for_the_others_go_on_in_the_same_round(
    desk: Post, events: pytest.LogCaptureFixture, what: str
) -> None:
    await desk.happen(email="jürgen@example.test")
    desk.clock.advance(1)
    await desk.happen(email="ann@example.test")
    async with running_smtp() as smtp:
        if what == "its recipient for now":
            smtp.refuse_whom, smtp.refuse_how = "jürgen@example.test", "451 try again later"
        elif what == "what it says":
            smtp.refuse_data_to = "jürgen@example.test"
        else:
            smtp.plain = True
        await desk.man(at(smtp.port)).deliver()
        assert [each.recipient for each in smtp.taken] == ["ann@example.test"]
    assert told(events) == ["mail_not_sent", "mail_sent"]


@pytest.mark.parametrize("name", ["victim", "mallory=40evil.example=2c_x", "a=0d=0ax"])
async def test_an_encoded_word_in_an_address_becomes_nobody_elses_and_stops_no_other(
    desk: Post, name: str
) -> None:
    """No such address is taken; this one stands in the outbox from before."""
    odd = f"=?utf-8?q?{name}?=@example.test"
    await desk.happen(email="odd@example.test")
    await desk.database.run(text("UPDATE doorward_letters SET email = :odd").bindparams(odd=odd))
    await desk.happen(email="ann@example.test")
    async with running_smtp() as smtp:
        for _ in range(2):
            await desk.man(at(smtp.port)).deliver()
    reached = [each.recipient for each in smtp.taken]
    assert "ann@example.test" in reached
    assert set(reached) <= {"ann@example.test", odd}


async def test_an_address_beyond_ascii_is_written_as_it_is(desk: Post) -> None:
    await desk.happen(email="jürgen@example.test")
    async with running_smtp() as smtp:
        await desk.man(at(smtp.port)).deliver()
        (taken,) = smtp.taken
    assert taken.recipient == "jürgen@example.test"
    assert "jürgen@example.test".encode() in taken.raw


async def test_a_link_is_made_when_it_is_sent_and_one_without_a_point_is_dropped(
    desk: Post,
) -> None:
    async with running_smtp() as smtp:
        desk.link = f"{ORIGIN}/reset?ticket=secret"
        await desk.happen("reset_link_sent")
        await desk.man(at(smtp.port)).deliver()
        assert b"/reset?ticket=secret" in smtp.taken[0].raw
        desk.link = None
        await desk.happen("reset_link_sent")
        await desk.man(at(smtp.port)).deliver()
        assert len(smtp.taken) == 1
    assert [bool(each.sent_at) for each in await desk.outbox.latest(9)] == [True]


async def test_what_is_being_sent_when_the_server_stops_is_sent(desk: Post) -> None:
    await desk.happen()
    async with running_smtp() as smtp:
        walk = asyncio.create_task(desk.man(at(smtp.port)).walk())
        async with asyncio.timeout(PATIENCE):
            await smtp.came.wait()  # taken, and perhaps not yet noted
        walk.cancel()
        with pytest.raises(asyncio.CancelledError):
            await walk
    assert [bool(each.sent_at) for each in await desk.outbox.latest(9)] == [True]


async def test_a_server_that_says_nothing_does_not_keep_ours_from_stopping(
    desk: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.mail.postman.GRACE", 0.1)
    await desk.happen()
    async with running_smtp() as smtp:
        smtp.silent = True
        walk = asyncio.create_task(desk.man(at(smtp.port)).walk())
        async with asyncio.timeout(PATIENCE):
            await smtp.called.wait()
            walk.cancel()
            with pytest.raises(asyncio.CancelledError):
                await walk
    assert [each.sent_at for each in await desk.outbox.latest(9)] == [None]


async def test_a_database_that_is_away_for_a_while_stops_no_postman(
    desk: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.mail.postman.EVERY", 0.01)
    await desk.database.run(text("ALTER TABLE doorward_letters RENAME TO elsewhere"))
    async with running_smtp() as smtp:
        walk = asyncio.create_task(desk.man(at(smtp.port)).walk())
        await asyncio.wait({walk}, timeout=0.1)
        assert not walk.done()
        await desk.database.run(text("ALTER TABLE elsewhere RENAME TO doorward_letters"))
        await desk.happen()
        await smtp.mails()
        walk.cancel()
        with pytest.raises(asyncio.CancelledError):
            await walk
