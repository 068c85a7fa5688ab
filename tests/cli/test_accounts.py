"""The order in which a decision is written, and what happens between its two steps."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from doorward import Event, Rejected, Settings
from doorward.auth import Auth
from doorward.cli.accounts import every, forget, give_roles, lock_out
from doorward.cli.output import NotDone
from doorward.grants import Grants
from doorward.keys import RootKeys
from doorward.server.accounts.user import User
from doorward.server.accounts.users import Users
from doorward.server.db.database import open_database
from doorward.stores import open_store

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

OLD, NEW = frozenset({"old"}), frozenset({"new"})


@dataclass(slots=True)
class Scene:
    """One user.  `seen` is the users table as it was when the sessions had just been changed."""

    users: Users
    auth: Auth
    subject: str
    seen: list[User | None] = field(default_factory=list)


Meanwhile = Callable[[Scene, Event], Awaitable[object]]


async def nothing(scene: Scene, event: Event) -> None:
    """Nobody does anything in between."""


@asynccontextmanager
async def scene(folder: Path, meanwhile: Meanwhile = nothing) -> AsyncIterator[Scene]:
    url = f"sqlite:///{folder}/doorward.db"
    database, store = await open_database(url), open_store(url)
    users = Users(database)

    async def record(event: Event) -> None:
        if event.kind in ("revoked", "changed"):
            found.seen.append(await users.by_subject(found.subject))
            await meanwhile(found, event)

    auth = Auth(store, Settings(), RootKeys((bytes(32),), "test"), record=record)
    found = Scene(users, auth, (await users.create("a@example.test", None, OLD, at=1)).subject)
    yield found
    await store.close()
    await database.close()


async def test_a_user_is_locked_before_the_sessions_end(tmp_path: Path) -> None:
    async with scene(tmp_path) as found:
        early = await found.auth.attempt()
        issued = await (await found.auth.attempt()).login(found.subject)
        user, ended = await lock_out(found.users, found.auth, found.subject)
        assert (user.locked_at is not None, ended) == (True, 1)
        assert found.seen == [user]
        with pytest.raises(Rejected, match="newer decision"):
            await early.login(found.subject)
        with pytest.raises(Rejected):
            await found.auth.authenticate(issued.credential)


async def test_a_user_is_deleted_before_the_sessions_end(tmp_path: Path) -> None:
    async with scene(tmp_path) as found:
        early = await found.auth.attempt()
        assert await forget(found.users, found.auth, found.subject) == 0
        assert found.seen == [None]
        with pytest.raises(Rejected, match="newer decision"):
            await early.login(found.subject)


async def test_grants_that_an_interrupted_deletion_left_end_when_it_is_repeated(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as found:
        root = RootKeys((bytes(32),), "test")
        grants = Grants(found.auth.store, Settings(mode="token"), root)
        attempt = await grants.attempt()
        await attempt.begin(found.subject, client_id="photos", audience="https://api.example")
        await found.users.delete(found.subject)
        assert await forget(found.users, found.auth, found.subject) == 1
        assert await grants.sessions(found.subject) == []


async def test_roles_are_in_the_table_before_they_are_in_the_sessions(tmp_path: Path) -> None:
    async with scene(tmp_path) as found:
        issued = await (await found.auth.attempt()).login(found.subject, roles=OLD)
        user, changed = await give_roles(found.users, found.auth, found.subject, NEW)
        assert (user.roles, changed) == (NEW, 1)
        assert found.seen == [user]
        assert (await found.auth.authenticate(issued.credential)).roles == NEW


async def test_of_two_operators_at_once_the_last_ones_roles_are_in_both_places(
    tmp_path: Path,
) -> None:
    last = frozenset({"last"})

    async def another(found: Scene, event: Event) -> None:
        if event.roles == NEW:
            await found.users.set_roles(found.subject, last)

    async with scene(tmp_path, another) as found:
        issued = await (await found.auth.attempt()).login(found.subject, roles=OLD)
        user, changed = await give_roles(found.users, found.auth, found.subject, NEW)
        assert (user.roles, changed) == (last, 1)
        assert (await found.auth.authenticate(issued.credential)).roles == last


async def test_a_user_who_is_deleted_meanwhile_is_told(tmp_path: Path) -> None:
    async def another(found: Scene, event: Event) -> None:
        await found.users.delete(found.subject)

    async with scene(tmp_path, another) as found:
        with pytest.raises(NotDone, match="deleted at this moment"):
            await give_roles(found.users, found.auth, found.subject, NEW)
        with pytest.raises(NotDone, match="deleted at this moment"):
            await lock_out(found.users, found.auth, found.subject)


async def test_a_store_that_fails_half_way_says_what_is_done_and_what_is_not(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as found:
        await found.auth.store.close()
        with pytest.raises(NotDone, match=r"but not yet the sessions .* again for u_"):
            await lock_out(found.users, found.auth, found.subject)
        locked = await found.users.by_subject(found.subject)
        assert locked is not None
        assert locked.locked_at is not None


async def test_every_user_comes_once_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.cli.accounts.PAGE", 50)
    async with scene(tmp_path) as found:
        for n in range(60):
            await found.users.create(f"b{n:03}@example.test", None, at=1)
        listed = [user.email for user in await every(found.users)]
        assert listed == ["a@example.test", *(f"b{n:03}@example.test" for n in range(60))]
