"""The outbox, in every database: a letter is there with its entry, and goes out once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from doorward.errors import StoreUnavailable
from doorward.server.accounts.user import User
from doorward.server.accounts.users import Users
from doorward.server.app import DECLARED
from doorward.server.audit.entry import Entry
from doorward.server.audit.log import Audit
from doorward.server.db.database import Database, open_database
from doorward.server.mail.letter import Letter
from doorward.server.mail.outbox import LIFE, LONGEST, MOST, SHORTEST, Outbox, pause
from doorward.server.mail.smtp import PATIENCE
from doorward.settings import CLOCK_SKEW, HOUR
from tests.server.databases import KINDS, new_url

pytestmark = pytest.mark.anyio

AT = 1_700_000_000


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    found = await open_database(new_url(request.param, request, tmp_path))
    yield found
    await found.close()


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database, DECLARED.letters, sends=True)


@pytest.fixture
async def ann(database: Database) -> User:
    return await Users(database).create("ann@example.test", None, at=AT)


async def happen(
    database: Database, outbox: Outbox, user: User, kind: str = "reused", at: int = AT
) -> None:
    entry = Entry(kind=kind, at=at, subject=user.subject, address="203.0.113.9")
    await Audit(database, outbox.put).append(entry)


async def waiting(outbox: Outbox) -> int:
    return len(await outbox.latest(100))


async def test_a_letter_goes_to_the_address_in_the_users_table(
    database: Database, outbox: Outbox, ann: User
) -> None:
    other = {"address": "198.51.100.7", "label": "Firefox"}
    entry = Entry(kind="reused", at=AT, subject=ann.subject, detail={"other": other})
    await Audit(database, outbox.put).append(entry)
    letter = await outbox.take(AT)
    assert letter is not None
    assert (letter.email, letter.kind, letter.at) == ("ann@example.test", "reused", AT)
    assert letter.other == other


async def test_nobody_is_told_of_the_rest_and_nobody_who_is_no_user(
    database: Database, outbox: Outbox, ann: User
) -> None:
    audit = Audit(database, outbox.put)
    await audit.append(Entry(kind="login", at=AT, subject=ann.subject))
    await audit.append(Entry(kind="reused", at=AT, subject="u_nobody"))
    await audit.append(Entry(kind="reused", at=AT))
    assert await waiting(outbox) == 0


async def test_what_cannot_be_told_is_not_entered(
    database: Database, outbox: Outbox, ann: User
) -> None:
    await database.run(text("DROP TABLE doorward_letters"))
    with pytest.raises(StoreUnavailable):
        await happen(database, outbox, ann)
    assert (await Audit(database).head()).seq == 0


async def test_no_more_than_a_few_of_one_kind_go_to_one_person_in_an_hour(
    database: Database, outbox: Outbox, ann: User
) -> None:
    ben = await Users(database).create("ben@example.test", None, at=AT)
    for _ in range(2 * MOST):
        await happen(database, outbox, ann, "new_device")
    assert await waiting(outbox) == MOST
    assert await outbox.is_full(ann.subject, "new_device", AT)
    # a flood of one keeps neither another kind nor another person from being told
    await happen(database, outbox, ann, "reused")
    await happen(database, outbox, ben, "new_device")
    assert await waiting(outbox) == MOST + 2
    assert not await outbox.is_full(ann.subject, "new_device", AT + HOUR)
    await happen(database, outbox, ann, "new_device", AT + HOUR)
    assert await waiting(outbox) == MOST + 3


async def test_of_many_at_once_one_takes_a_letter(
    database: Database, outbox: Outbox, ann: User
) -> None:
    for kind in ("reused", "new_device", "password_changed"):
        await happen(database, outbox, ann, kind)
    others = [Outbox(database, DECLARED.letters, sends=True) for _ in range(8)]
    taken = [
        letter.id
        for _ in range(3)
        for letter in await asyncio.gather(*(each.take(AT) for each in others))
        if letter is not None
    ]
    assert len(taken) == len(set(taken)) == 3


async def test_a_letter_comes_again_later_each_time_until_it_is_sent(
    database: Database, outbox: Outbox, ann: User
) -> None:
    await happen(database, outbox, ann)
    now = AT
    for tries in range(1, 5):
        taken = await outbox.take(now)
        assert taken is not None
        assert taken.tries == tries
        assert await outbox.take(now + pause(tries) - 1) is None
        now += pause(tries)
    await outbox.sent((await outbox.latest(1))[0], now)
    assert await outbox.take(now + LIFE) is None
    assert (await outbox.latest(1))[0].sent_at == now


def test_pauses_grow_to_a_bound_and_outlast_a_try() -> None:
    assert [pause(tries) for tries in (1, 2, 3)] == [SHORTEST, 2 * SHORTEST, 4 * SHORTEST]
    assert pause(100) == LONGEST
    assert SHORTEST >= PATIENCE + CLOCK_SKEW


async def test_what_is_not_sent_within_a_day_is_given_up_once(
    database: Database, outbox: Outbox, ann: User
) -> None:
    await happen(database, outbox, ann)
    assert await outbox.give_up(AT + LIFE - 1) == []
    (lost,) = await outbox.give_up(AT + LIFE)
    assert lost.kind == "reused"
    assert await outbox.give_up(AT + LIFE) == []
    assert await waiting(outbox) == 0


async def test_what_was_sent_is_forgotten_after_a_day(
    database: Database, outbox: Outbox, ann: User
) -> None:
    await happen(database, outbox, ann)
    await happen(database, outbox, ann, "new_device")
    letter = await outbox.take(AT)
    assert letter is not None
    await outbox.sent(letter, AT)
    await outbox.forget(AT + LIFE - 1)
    assert await waiting(outbox) == 2
    await outbox.forget(AT + LIFE)
    assert [left.id == letter.id for left in await outbox.latest(9)] == [False]


async def test_a_letter_that_anybody_may_ask_for_is_kept_as_what_it_was_sent_as(
    outbox: Outbox,
) -> None:
    asked = Letter(
        id="1",
        kind="reset_asked",
        subject="",
        email="nobody@example.test",
        at=AT,
        address="203.0.113.9",
        user_agent="half \ud800 and \0",
    )
    await outbox.write(asked)
    taken = await outbox.take(AT)
    agent = "half ? and \ufffd"
    assert taken == replace(asked, tries=1, user_agent=agent)
    await outbox.sent(replace(taken, kind="reset_unknown"), AT)
    (kept,) = await outbox.latest(9)
    assert (kept.kind, kept.sent_at) == ("reset_unknown", AT)
    assert await outbox.take(AT + LIFE) is None


async def test_where_none_is_sent_none_waits(database: Database, ann: User) -> None:
    shown = Outbox(database, DECLARED.letters, sends=False)
    await happen(database, shown, ann)
    assert await shown.take(AT) is None
    assert await shown.give_up(AT + LIFE) == []
    assert await waiting(shown) == 1
