"""What changes while everything is moved is moved too, pass by pass; and a failure opens again."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorward.errors import ConfigurationError, StoreMoved, StoreUnavailable
from doorward.server.accounts.users import Users
from doorward.server.audit.entry import Entry
from doorward.server.audit.log import Audit
from doorward.server.move.moving import Moved, Place, check_empty, move, opened, unseal
from doorward.settings import DAY
from doorward.stores import Decision
from doorward.testing.contract.rows import ANY_MARK, a_session
from doorward.types import Change, Session
from tests.server.databases import FILE, POSTGRES
from tests.support.postgres import Postgres

pytestmark = pytest.mark.anyio

NOW = int(time.time())
REVOKE = Decision(revoke=True)
Act = Callable[[Place], Coroutine[Any, Any, None]]


@pytest.fixture
def source(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/source.db"


@pytest.fixture(params=[FILE, POSTGRES])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"sqlite:///{tmp_path}/target.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


def now() -> int:
    return NOW


def live(sid: str, subject: str = "alice", **fields: Any) -> Session:
    ends = {"seen_at": NOW - 10, "ends_at": NOW + DAY, "expires_at": NOW + DAY}
    return a_session(sid, subject, **(ends | fields))


async def add(place: Place, *sessions: Session) -> None:
    for session in sessions:
        await place.store.insert(session, ANY_MARK, NOW)


async def moved(source: str, target: str, *acts: Act) -> Moved:
    """Move; after the first pass do the first of `acts`, after the second the second, as another
    process would."""
    left = list(acts)

    def tell(said: str) -> None:
        if said.startswith("Pass ") and left:
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, beside(left.pop(0))).result()

    async def beside(act: Act) -> None:
        async with opened(source, source) as place:
            await act(place)

    async with opened(source, source) as here, opened(target, target) as there:
        return await move(here, there, "there", now, tell)


async def test_every_field_of_a_session_is_moved(source: str, target: str) -> None:
    full = live(
        "full",
        mode="token",
        version=7,
        ver=3,
        previous_secret_hash=b"\x00before",
        previous_until=NOW + 60,
        previous_authenticated_at=NOW - 70,
        previous_amr=("pwd",),
        generation=4,
        branch=2,
        parent_branch=1,
        roles=frozenset({"editor"}),
        scopes=frozenset({"read"}),
        amr=("otp", "pwd"),
        client_id="app",
        attributes={"theme": "dark", "size": 3},
    )
    async with opened(source, source) as here:
        await add(here, full, live("child", parent_sid="full"), live("below", parent_sid="child"))
    await moved(source, target)
    async with opened(target, target) as there:
        assert await there.store.get("full") == full
        for sid, parent in (("child", "full"), ("below", "child")):
            found = await there.store.get(sid)
            assert found is not None
            assert found.parent_sid == parent
        assert not (await there.store.changes(None)).entries


async def test_a_session_that_only_the_clock_of_the_move_takes_for_expired_is_moved(
    source: str, target: str
) -> None:
    """A node of the target with a slower clock accepts its access tokens, so that whoever ends all
    of the subject's sessions there must meet it."""
    parent = live("p", seen_at=NOW - 90, ends_at=NOW - 1)
    child = live("child", "bob", parent_sid="p", seen_at=NOW - 90, ends_at=NOW - 1)
    async with opened(source, source) as here:
        for row in (parent, child):
            await here.store.insert(row, ANY_MARK, NOW - 40)
    await moved(source, target)
    async with opened(target, target) as there:
        assert set(await there.store.change(sid="p", decision=REVOKE, at=NOW)) == {"p", "child"}


async def test_what_a_session_went_through_between_the_passes_is_moved(
    source: str, target: str
) -> None:
    names = ("rotated", "raised", "ended", "both", "given", "parent")

    async def first(place: Place) -> None:
        for name in names:
            row = await place.store.get(name)
            assert row is not None
            await place.store.replace(row, replace(row, generation=row.generation + 1))
        row = await place.store.get("raised")
        assert row is not None
        await place.store.replace(row, replace(row, ver=row.ver + 1, amr=("otp",)))
        roles = Decision(roles=frozenset({"editor"}), scopes=frozenset({"read"}))
        for name in ("given", "both"):
            await place.store.change(sid=name, decision=roles, at=NOW)
        for name in ("ended", "both", "parent"):
            await place.store.change(sid=name, decision=REVOKE, at=NOW)
        await add(place, live("late"))

    async def second(place: Place) -> None:
        await add(place, live("later"), live("gone at once"))
        await place.store.change(sid="gone at once", decision=REVOKE, at=NOW)
        await place.store.change(sid="late", decision=REVOKE, at=NOW)

    async with opened(source, source) as here:
        await add(here, *map(live, names), live("child", parent_sid="parent"))
    await moved(source, target, first, second)
    async with opened(source, source) as here, opened(target, target) as there:
        for name in (*names, "child", "late", "later", "gone at once"):
            old, new = await here.store.get(name), await there.store.get(name)
            assert old is not None
            assert new is not None
            assert replace(new, version=old.version) == old, name
        told = {change.id: change for change in (await there.store.changes(None)).entries}
        assert told == {change.id: change for change in (await here.store.changes(None)).entries}
        assert told["both"] == Change("session", "both", 3, revoked=True)


async def test_decisions_of_before_the_move_are_told_at_the_target(
    source: str, target: str
) -> None:
    async with opened(source, source) as here:
        await add(here, *(live(name) for name in ("ended", "given", "idle", "parent")))
        await add(here, live("child", parent_sid="parent"))
        roles = Decision(roles=frozenset({"editor"}))
        for name, decision in (("ended", REVOKE), ("given", roles), ("parent", REVOKE)):
            await here.store.change(sid=name, decision=decision, at=NOW)
        idle = await here.store.get("idle")
        assert idle is not None
        over = replace(idle, ver=2, ends_at=NOW - 1)
        await here.store.replace(idle, over)
    await moved(source, target)
    async with opened(source, source) as here, opened(target, target) as there:
        for place in (here, there):
            told = {(change.id, change.ver) for change in (await place.store.changes(None)).entries}
            assert told == {(n, 2) for n in ("ended", "given", "idle", "parent", "child")}
        ended = await there.store.get("ended")
        assert ended is not None
        assert ended.revoked_at == NOW


async def test_a_child_of_a_parent_that_was_revoked_is_moved_without_it(
    source: str, target: str
) -> None:
    async with opened(source, source) as here:
        await add(here, live("parent"), live("child", parent_sid="parent"))
        await here.store.change(subject="alice", keep="child", decision=REVOKE, at=NOW)
    await moved(source, target)
    async with opened(target, target) as there:
        assert await there.store.get("child") == live("child")


async def test_grants_are_moved_with_what_they_went_through(source: str, target: str) -> None:
    api, read = "https://api.example", frozenset({"read"})
    kept: dict[str, Any] = {"client_id": "photos", "audience": api, "scopes": read}
    roles = Decision(roles=frozenset({"editor"}), scopes=frozenset())

    async def first(place: Place) -> None:
        await place.store.change(subject="alice", decision=roles, at=NOW)
        await place.store.change(sid="ended", decision=REVOKE, at=NOW)
        row = await place.store.get("raised")
        assert row is not None
        assert await place.store.replace(row, replace(row, ver=4, generation=1))

    async with opened(source, source) as here:
        await add(here, *(live(sid, ver=3, **kept) for sid in ("ended", "raised", "same")))
    await moved(source, target, first)
    async with opened(target, target) as there:
        assert await there.store.get("same") == live("same", ver=3, **kept)
        raised = live("raised", ver=4, version=2, generation=1, **kept)
        assert await there.store.get("raised") == raised
        ended = live("ended", ver=4, version=3, revoked_at=NOW, **kept)
        assert await there.store.get("ended") == ended


async def test_a_grant_whose_login_is_gone_is_moved_as_ended(source: str, target: str) -> None:
    grant = live("grant", audience="https://api.example", parent_sid="p")
    async with opened(source, source) as here:
        await add(here, live("p"), grant)
        await here.store.change(subject="alice", keep="grant", decision=REVOKE, at=NOW)
    await moved(source, target)
    async with opened(target, target) as there:
        ended = replace(grant, parent_sid=None, ends_at=grant.created_at)
        assert await there.store.get("grant") == ended


async def test_users_are_moved_as_they_are_in_the_end(source: str, target: str) -> None:
    async with opened(source, source) as here:
        users = Users(here.database)
        ann, bob, carol = [
            await users.create(f"{name}@example.test", "hash", at=1)
            for name in ("ann", "bob", "carol")
        ]

    async def trade(place: Place) -> None:
        users = Users(place.database)
        await users.delete(ann.subject)
        await users.create("ann@example.test", "other", at=2)
        await users.set_roles(bob.subject, frozenset({"editor"}))
        await users.delete(carol.subject)

    result = await moved(source, target, trade)
    assert result.rows["doorward_users"] == 2
    async with opened(source, source) as here, opened(target, target) as there:
        for email in ("ann", "bob", "carol"):
            address = f"{email}@example.test"
            old = await Users(here.database).by_email(address)
            assert await Users(there.database).by_email(address) == old


async def test_a_log_that_is_pruned_before_and_meanwhile_stays_whole(
    source: str, target: str
) -> None:
    async def enter(place: Place, first: int, count: int) -> None:
        audit = Audit(place.database)
        for at in range(first, first + count):
            await audit.append(Entry(kind="login", at=at, subject="alice"))

    async def first(place: Place) -> None:
        await enter(place, 100, 3)
        assert await Audit(place.database).prune(15, at=200) == 5

    async def second(place: Place) -> None:
        await enter(place, 300, 2)

    async with opened(source, source) as here:
        await enter(here, 0, 30)
        assert await Audit(here.database).prune(10, at=50) == 10
    result = await moved(source, target, first, second)
    async with opened(source, source) as here, opened(target, target) as there:
        head = await Audit(here.database).head()
        audit = Audit(there.database)
        assert await audit.head() == head
        assert await audit.verify(head.hash.hex()) == []
        assert result.rows["doorward_audit"] == 30 - 15 + 1 + 3 + 1 + 2
        assert (await audit.append(Entry(kind="login", at=400))).seq == head.seq + 1


async def test_whatever_fails_in_the_pause_opens_the_source_again(
    source: str, postgres: Postgres
) -> None:
    target = postgres.new_database()
    said = []

    def tell(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("The pause begins"):
            postgres.execute("DROP TABLE doorward_meta", target)

    async with opened(source, source) as here:
        await add(here, live("a"))
        async with opened(target, target) as there:
            with pytest.raises(StoreUnavailable):
                await move(here, there, "there", now, tell)
        assert said[-1].startswith("The move failed; the source is open again")
        await add(here, live("b"))
        await Users(here.database).create("ann@example.test", None, at=1)


async def test_of_two_moves_of_one_source_the_later_one_lifts_no_seal_and_is_not_done(
    source: str, target: str, tmp_path: Path
) -> None:
    first = f"sqlite:///{tmp_path}/first.db"

    async def nothing(_: Place) -> None:
        """The first pass."""

    async def overtake(here: Place) -> None:
        async with opened(first, first) as there:
            await move(here, there, "first", now, lambda _: None)

    with pytest.raises(ConfigurationError, match="already moved to first"):
        await moved(source, target, nothing, overtake)
    async with opened(source, source) as here:
        with pytest.raises(StoreMoved, match=r"^moved to first$"):
            await Users(here.database).create("ann@example.test", None, at=1)
        with pytest.raises(StoreMoved, match=r"^moved to first$"):
            await here.store.put("kind", b"digest", "", NOW + DAY)


async def test_sealed_tables_refuse_every_writer_and_are_no_taken_address(
    source: str, target: str
) -> None:
    async with opened(source, source) as here:
        await Users(here.database).create("ann@example.test", None, at=1)
    await moved(source, target)
    back = f"{source}.back"
    await moved(target, back)
    for url in (source, target):
        async with opened(url, url) as place:
            users = Users(place.database)
            for email in ("ann@example.test", "bob@example.test"):
                with pytest.raises(StoreMoved, match=r"^moved to there$"):
                    await users.create(email, None, at=1)
            with pytest.raises(StoreMoved, match=r"^moved to there$"):
                await Audit(place.database).append(Entry(kind="login", at=1))
            assert await users.by_email("ann@example.test")
            await unseal(place)
            await users.create("bob@example.test", None, at=1)


async def test_links_that_wait_and_guessers_that_are_held_off_are_moved(
    source: str, target: str
) -> None:
    async with opened(source, source) as here:
        for digest in (b"sent", b"used"):
            await here.store.put("reset", digest, "{}", NOW + 60)
        await here.store.take("reset", b"used", NOW)
        for _ in range(3):
            await here.store.hit("login:alice", 60, 3, NOW)
    result = await moved(source, target)
    assert result.waiting == (1, 1)
    async with opened(target, target) as there:
        assert await there.store.take("reset", b"sent", NOW) == ("{}", True)
        assert await there.store.take("reset", b"used", NOW) is None
        assert await there.store.hit("login:alice", 60, 3, NOW + 20) == 40
        assert await there.store.hit("login:alice", 60, 3, NOW + 60) == 0


async def test_somebody_else_who_writes_to_the_target_is_noticed(source: str, target: str) -> None:
    async with opened(source, source) as here:
        await add(here, live("a"), live("b"))

    async def meddle(place: Place) -> None:
        row = await place.store.get("a")
        assert row is not None
        await place.store.replace(row, replace(row, generation=1))
        async with opened(target, target) as there:
            await there.store.change(sid="a", decision=REVOKE, at=NOW)

    with pytest.raises(ConfigurationError, match="Somebody else writes to the target"):
        await moved(source, target, meddle)


async def test_a_target_that_holds_anything_is_refused(source: str, target: str) -> None:
    async with opened(target, target) as there:
        await check_empty(there)
        await Audit(there.database).append(Entry(kind="login", at=1))
        with pytest.raises(ConfigurationError, match="not empty"):
            await check_empty(there)
    async with opened(source, source) as there:
        await add(there, live("ended", ends_at=NOW - 100))
        with pytest.raises(ConfigurationError, match="not empty"):
            await check_empty(there)
