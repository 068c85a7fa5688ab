"""Decisions about users reach their sessions, also when a crash came in between."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from anyio.lowlevel import checkpoint

from doorward import Rejected, Settings
from doorward.auth import Auth
from doorward.keys import RootKeys
from doorward.server.accounts import apply_decisions
from doorward.server.accounts.apply_decisions import sweep
from doorward.server.accounts.lock import lock, unlock
from doorward.server.accounts.roles import give_roles
from doorward.server.accounts.user import LastAdmin
from doorward.server.accounts.users import Users
from doorward.server.db.database import open_database
from doorward.stores import open_store
from tests.server.databases import FILE, POSTGRES, new_url
from tests.server.house import House, Opened, login
from tests.support.server import clean_environment
from tests.support.until import PATIENCE

pytestmark = pytest.mark.anyio

OLD, NEW = frozenset({"old"}), frozenset({"new"})

CRASH = """
import asyncio, os, signal, sys
from doorward import Settings
from doorward.auth import Auth
from doorward.keys import RootKeys
from doorward.server.db.database import open_database
from doorward.server.accounts import apply_decisions, lock
from doorward.server.accounts.users import Users
from doorward.stores import open_store

async def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def main(users_url, sessions_url, subject):
    users = Users(await open_database(users_url))
    auth = Auth(open_store(sessions_url), Settings(), RootKeys((bytes(32),), "test"))
    apply_decisions._carry_out = killed
    await lock.lock(users, auth, subject)

asyncio.run(main(*sys.argv[1:]))
"""
"""Decides, and is killed between the two steps."""


class Places(NamedTuple):
    """Users in one database, sessions in another."""

    users: str
    sessions: str


@pytest.fixture(params=[FILE, POSTGRES])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    users = new_url(request.param, request, tmp_path)
    return Places(users, f"sqlite:///{tmp_path}/sessions.db")


def kill(places: Places, subject: str) -> None:
    """Lock, in a process that is killed between the two steps."""
    done = subprocess.run(
        [sys.executable, "-c", CRASH, *places, subject],
        check=False,
        capture_output=True,
        env=clean_environment(),
    )
    assert done.returncode == -9, done.stderr


class Killed(Exception):
    """What this process does instead of being killed."""


Act = Callable[[Users, Auth], Awaitable[object]]


async def crash(places: Places, act: Act) -> None:
    """Decide on connections of its own, and go no further, as one that is killed there."""

    async def killed(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apply_decisions, "_carry_out", killed)
        async with connected(places) as (users, auth):
            with pytest.raises(Killed):
                await act(users, auth)


@asynccontextmanager
async def connected(places: Places) -> AsyncIterator[tuple[Users, Auth]]:
    database = await open_database(places.users)
    store = open_store(places.sessions)
    try:
        yield Users(database), Auth(store, Settings(), RootKeys((bytes(32),), "test"))
    finally:
        await store.close()
        await database.close()


@pytest.mark.process
async def test_a_lock_that_was_killed_before_it_reached_the_sessions_is_finished(
    places: Places,
) -> None:
    async with connected(places) as (users, auth):
        subject = (await users.create("a@example.test", None, OLD, at=1)).subject
        issued = await (await auth.attempt()).login(subject, roles=OLD)
        kill(places, subject)
        locked = await users.by_subject(subject)
        assert locked is not None
        assert locked.locked_at is not None
        await auth.authenticate(issued.credential)  # the crash really came in between
        assert await sweep(users, auth) == 1
        with pytest.raises(Rejected):
            await auth.authenticate(issued.credential)
        assert await sweep(users, auth) == 0


async def test_roles_that_were_killed_before_they_reached_the_sessions_reach_them(
    places: Places,
) -> None:
    async with connected(places) as (users, auth):
        subject = (await users.create("a@example.test", None, OLD, at=1)).subject
        issued = await (await auth.attempt()).login(subject, roles=OLD)
        await crash(places, lambda users, auth: give_roles(users, auth, subject, NEW))
        assert (await auth.authenticate(issued.credential)).roles == OLD
        assert await sweep(users, auth) == 1
        assert (await auth.authenticate(issued.credential)).roles == NEW


async def test_a_new_password_that_was_killed_before_it_reached_the_sessions_ends_all_but_one(
    places: Places,
) -> None:
    async with connected(places) as (users, auth):
        subject = (await users.create("a@example.test", None, OLD, at=1)).subject
        kept, thief = [await (await auth.attempt()).login(subject, roles=OLD) for _ in range(2)]

        async def change(users: Users, auth: Auth) -> None:
            sid = kept.session.sid
            user = await users.set_password(subject, "new", old=None, at=2, keep=sid)
            assert user is not None
            await apply_decisions.apply_decisions(users, auth, user)

        await crash(places, change)
        await auth.authenticate(thief.credential)  # the crash really came in between
        assert await sweep(users, auth) == 1
        with pytest.raises(Rejected):
            await auth.authenticate(thief.credential)
        assert (await auth.authenticate(kept.credential)).roles == OLD
        assert await sweep(users, auth) == 0


async def test_a_new_password_and_other_decisions_that_are_not_settled_are_all_carried_out(
    places: Places,
) -> None:
    async with connected(places) as (users, auth):
        subject = (await users.create("a@example.test", None, OLD, at=1)).subject
        kept, thief = [await (await auth.attempt()).login(subject, roles=OLD) for _ in range(2)]
        await users.set_roles(subject, NEW)
        await users.set_password(subject, "new", old=None, at=2, keep=kept.session.sid)
        assert await sweep(users, auth) == 1
        assert (await auth.authenticate(kept.credential)).roles == NEW
        with pytest.raises(Rejected):
            await auth.authenticate(thief.credential)


async def test_who_is_unlocked_after_a_crash_loses_no_session_of_a_later_login(
    places: Places,
) -> None:
    async with connected(places) as (users, auth):
        subject = (await users.create("a@example.test", None, OLD, at=1)).subject
        before = await (await auth.attempt()).login(subject)
        await crash(places, lambda users, auth: lock(users, auth, subject))
        free = await unlock(users, auth, subject)
        assert free is not None
        assert free.locked_at is None
        after = await (await auth.attempt()).login(subject)
        assert await sweep(users, auth) == 0
        assert (await auth.authenticate(after.credential)).subject == subject
        with pytest.raises(Rejected):
            await auth.authenticate(before.credential)


async def test_of_many_who_give_roles_at_once_the_table_and_the_sessions_agree(
    places: Places,
) -> None:
    async with connected(places) as (users, auth):
        subject = (await users.create("a@example.test", None, OLD, at=1)).subject
        issued = await (await auth.attempt()).login(subject, roles=OLD)
        given = [give_roles(users, auth, subject, frozenset({f"r{n}"})) for n in range(12)]
        await asyncio.gather(*given)
        user = await users.by_subject(subject)
        assert user is not None
        assert user.decided == user.settled == 12
        assert (await auth.authenticate(issued.credential)).roles == user.roles


async def test_of_many_who_demote_each_other_at_once_one_stays(places: Places) -> None:
    admin = frozenset({"admin"})
    async with connected(places) as (users, auth):
        made = [await users.create(f"a{n}@example.test", None, admin, at=1) for n in range(8)]

        async def demote(subject: str, by_lock: bool) -> bool:
            try:
                if by_lock:
                    await lock(users, auth, subject, spare_last_admin=True)
                else:
                    await give_roles(users, auth, subject, OLD, spare_last_admin=True)
            except LastAdmin:
                return False
            return True

        done = await asyncio.gather(*(demote(u.subject, n % 2 == 0) for n, u in enumerate(made)))
        assert sorted(done) == [False, *[True] * 7]
        left = [user for user in await users.list() if user.administers]
        assert len(left) == 1


async def test_nobody_and_somebody_who_is_gone_is_none(places: Places) -> None:
    async with connected(places) as (users, auth):
        assert await lock(users, auth, "u_nobody") is None
        assert await unlock(users, auth, "u_nobody") is None
        assert await give_roles(users, auth, "u_nobody", NEW) is None


async def test_a_running_server_finishes_what_another_process_was_killed_in(
    opened: Opened, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_decisions, "EVERY", 0.02)
    url = new_url("file", request, tmp_path)
    house: House = await opened(database=url)
    browser = await house.alice()
    database = await open_database(url)
    subject = await house.account()
    await Users(database).lock(subject, at=1)  # and no further: its process is gone
    await database.close()
    async with asyncio.timeout(PATIENCE):
        while (answer := await browser.get("/api/me")).status_code == 200:
            await checkpoint()
    assert answer.status_code == 401
    assert (await login(browser)).status_code == 401
