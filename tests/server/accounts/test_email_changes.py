"""Changes of address in each kind of database: one of many gets it; all is written or nothing."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from doorward.server.accounts.account_events import EVENTS
from doorward.server.accounts.email_changes import EMAIL_CHANGES, EmailChanges, forget_older
from doorward.server.accounts.user import EmailTaken, User
from doorward.server.accounts.users import Users
from doorward.server.db.database import Database, Transaction, open_database
from tests.server.databases import KINDS, new_url

pytestmark = pytest.mark.anyio

NEW = "new@example.test"


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(new_url(request.param, request, tmp_path))
    yield opened
    await opened.close()


async def nothing(_: Transaction) -> None: ...


async def test_of_many_who_want_one_address_one_gets_it_and_it_can_be_undone(
    database: Database,
) -> None:
    users, changes = Users(database), EmailChanges(database)
    people = [await users.create(f"u{n}@example.test", "hash", at=1) for n in range(8)]

    async def change(user: User, id: str) -> User | None:
        try:
            return await changes.change(user, NEW.upper(), id=id, at=5, beside=nothing)
        except EmailTaken:
            return None

    wanted = [(user, f"{user.subject} {n}") for n in range(2) for user in people]
    found = [each for each in await asyncio.gather(*(change(*each) for each in wanted)) if each]
    (changed,) = found
    assert (changed.email, changed.verified_at, changed.decided) == (NEW, 5, 1)
    assert changed.password_hash == "hash"
    (row,) = await database.run(select(EMAIL_CHANGES))
    kept = await changes.find(row.id)
    assert kept is not None
    assert (kept.subject, kept.number, kept.new_email) == (changed.subject, 1, NEW)
    assert await changes.can_undo(kept, changed)

    async def failing(_: Transaction) -> None:
        raise LookupError("crash")

    with pytest.raises(LookupError, match="crash"):
        await changes.undo(kept, changed, at=6, beside=failing)
    assert await changes.find(row.id) == kept
    undone = await changes.undo(kept, changed, at=6, beside=nothing)
    assert undone is not None
    assert (undone.email, undone.password_hash, undone.ending) == (kept.old_email, None, 2)
    assert await changes.find(row.id) is None
    assert await changes.undo(kept, changed, at=7, beside=nothing) is None  # read too early
    told = [each.kind for each in await database.run(select(EVENTS))]
    assert (told.count("created"), told.count("changed")) == (8, 2)


async def test_old_changes_are_forgotten_and_those_of_who_is_deleted(database: Database) -> None:
    users, changes = Users(database), EmailChanges(database)
    ann, bob = [await users.create(f"{n}@example.test", "hash", at=1) for n in ("ann", "bob")]
    for user, at in ((ann, 10), (bob, 20)):
        assert await changes.change(user, f"x-{user.email}", id=user.subject, at=at, beside=nothing)
    await forget_older(database, 10)
    assert await changes.find(ann.subject) is None
    assert await changes.find(bob.subject) is not None
    await users.delete(bob.subject)
    assert await changes.find(bob.subject) is None


@pytest.mark.parametrize("bad", [10**30, "s3cret\0", "s3cret\ud800"], ids=["number", "NUL", "half"])
@pytest.mark.process
async def test_a_value_that_cannot_be_stored_is_no_outage_and_is_not_shown(
    request: pytest.FixtureRequest, tmp_path: Path, bad: int | str
) -> None:
    database = await open_database(new_url("postgres", request, tmp_path))
    row = {"id": "x", "subject": "u", "number": 1, "old_email": "a", "new_email": "b", "at": 1}
    column = "number" if isinstance(bad, int) else "old_email"
    with pytest.raises(ValueError, match="cannot store") as failed:
        await database.run(insert(EMAIL_CHANGES).values(row | {column: bad}))
    shown = "".join(traceback.format_exception(failed.value))
    assert ("s3cret" in shown, str(10**30) in shown) == (False, False)
    await database.run(insert(EMAIL_CHANGES).values(row))
    await database.close()
