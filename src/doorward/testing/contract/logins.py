"""mark and insert: which logins are let in."""

from asyncio import gather
from dataclasses import replace

import pytest

from ...errors import Reason, Rejected
from ...stores import Backend, Decision, Most
from ...types import Change, Session
from .rows import ANY_MARK, NOW, a_session, add, live, row, told

REVOKE = Decision(revoke=True)
ROLES = Decision(roles=frozenset({"reader"}))


async def refusal(
    store: Backend, session: Session, mark: int = ANY_MARK, most: Most | None = None
) -> Reason:
    """Why this login is refused."""
    with pytest.raises(Rejected) as caught:
        await store.insert(session, mark, NOW, most)
    assert await store.get(session.sid) is None
    return caught.value.reason


class LoginsContract:
    """A login fails when its subject was decided about meanwhile, or has sessions enough."""

    async def test_a_login_with_nothing_in_between_succeeds(self, store: Backend) -> None:
        mark = await store.mark()
        await store.insert(a_session("a"), mark, NOW)
        await store.insert(a_session("b"), mark, NOW)
        assert await live(store) == {"a", "b"}

    @pytest.mark.parametrize("decision", [REVOKE, ROLES])
    async def test_a_decision_about_the_subject_stops_logins_under_way(
        self, store: Backend, decision: Decision
    ) -> None:
        mark = await store.mark()
        await store.change(subject="alice", decision=decision, at=NOW)
        assert await refusal(store, a_session("a"), mark) is Reason.SUPERSEDED
        await store.insert(a_session("a"), await store.mark(), NOW)
        assert await live(store) == {"a"}

    async def test_only_the_subject_decided_about_is_stopped(self, store: Backend) -> None:
        mark = await store.mark()
        await store.change(subject="bob", decision=REVOKE, at=NOW)
        await store.insert(a_session("a", "alice"), mark, NOW)
        assert await live(store) == {"a"}

    async def test_ending_one_session_stops_no_login(self, store: Backend) -> None:
        await add(store, a_session("a"))
        mark = await store.mark()
        await store.change(sid="a", decision=REVOKE, at=NOW)
        await store.insert(a_session("b"), mark, NOW)
        assert await live(store) == {"b"}

    async def test_a_spared_session_does_not_spare_logins_under_way(self, store: Backend) -> None:
        await add(store, a_session("kept"))
        mark = await store.mark()
        await store.change(subject="alice", keep="kept", decision=REVOKE, at=NOW)
        assert await refusal(store, a_session("a"), mark) is Reason.SUPERSEDED

    async def test_the_mark_moves_with_every_decision(self, store: Backend) -> None:
        marks = [await store.mark()]
        await add(store, a_session("a"))
        await store.change(sid="a", decision=ROLES, at=NOW)
        marks.append(await store.mark())
        await store.change(subject="nobody", decision=REVOKE, at=NOW)
        marks.append(await store.mark())
        assert sorted(set(marks)) == marks

    async def test_a_child_needs_a_live_parent(self, store: Backend) -> None:
        await add(store, a_session("revoked"), a_session("expired", ends_at=NOW), a_session("p"))
        await store.change(sid="revoked", decision=REVOKE, at=NOW)
        for parent in ("revoked", "expired", "unknown"):
            child = a_session("child", parent_sid=parent)
            assert await refusal(store, child) is Reason.SUPERSEDED
        await add(store, a_session("child", parent_sid="p"))
        assert await live(store) == {"p", "child"}

    async def test_as_many_sessions_as_allowed(self, store: Backend) -> None:
        await add(store, a_session("other's", "bob"), a_session("dead", ends_at=NOW))
        for sid in ("a", "b"):
            await store.insert(a_session(sid), ANY_MARK, NOW, Most(2, end_oldest=False))
        before = await store.changes(None)
        refused = await refusal(store, a_session("c"), most=Most(2, end_oldest=False))
        assert refused is Reason.TOO_MANY_SESSIONS
        assert await live(store, "alice") == {"a", "b"}
        assert not (await store.changes(before.cursor)).entries

    async def test_one_too_many_ends_the_one_that_began_first(self, store: Backend) -> None:
        await add(
            store,
            a_session("b", created_at=NOW - 8, seen_at=NOW - 7),
            a_session("a", created_at=NOW - 9, seen_at=NOW - 1),
            a_session("below a", "carol", parent_sid="a"),
            a_session("c", created_at=NOW - 8, seen_at=NOW - 8),
        )
        before = await store.changes(None)
        await store.insert(a_session("new"), ANY_MARK, NOW, Most(3))
        assert await live(store) == {"b", "c", "new"}
        ended = await row(store, "a")
        assert (ended.revoked_at, ended.ver, ended.version) == (NOW, 2, 2)
        assert told(*(await store.changes(before.cursor)).entries) == told(
            Change("session", "a", 2, revoked=True), Change("session", "below a", 2, revoked=True)
        )

    async def test_of_those_that_began_in_one_second_the_first_ends(self, store: Backend) -> None:
        sids = ["d", "a", "c", "b", "f", "e"]
        for number, sid in enumerate(sids):
            await store.insert(a_session(sid), ANY_MARK, NOW, Most(2))
            old = await row(store, sids[0])
            used = replace(old, seen_at=NOW + number, version=old.version)
            assert await store.replace(old, used) is (number < 2)
            assert await live(store) == set(sids[max(0, number - 1) : number + 1])

    async def test_a_decision_moves_no_session_behind_those_that_began_after_it(
        self, store: Backend
    ) -> None:
        await add(store, *(a_session(sid) for sid in ("b", "a", "c")))
        await store.change(sid="b", decision=ROLES, at=NOW)
        await store.insert(a_session("new"), ANY_MARK, NOW, Most(3))
        assert await live(store) == {"a", "c", "new"}

    async def test_to_make_room_takes_children_that_a_clock_ahead_takes_for_expired(
        self, store: Backend
    ) -> None:
        await add(store, a_session("p"), a_session("child", "bob", parent_sid="p", ends_at=NOW - 1))
        await store.insert(a_session("new"), ANY_MARK, NOW, Most(1))
        assert await live(store, at=NOW - 5) == {"new"}

    async def test_a_lowered_limit_ends_as_many_as_it_takes(self, store: Backend) -> None:
        for number in range(5):
            await add(store, a_session(f"{number}", created_at=NOW - 10 + number))
        await store.insert(a_session("new"), ANY_MARK, NOW, Most(2))
        assert await live(store) == {"4", "new"}

    async def test_children_that_end_with_the_oldest_make_room_too(self, store: Backend) -> None:
        await add(
            store,
            a_session("p"),
            a_session("child", parent_sid="p"),
            a_session("a"),
        )
        await store.insert(a_session("new"), ANY_MARK, NOW, Most(2))
        assert await live(store) == {"a", "new"}

    async def test_no_login_ends_its_own_parent(self, store: Backend) -> None:
        await add(
            store,
            a_session("p"),
            a_session("below p", parent_sid="p"),
            a_session("a"),
        )
        child = a_session("child", parent_sid="below p")
        await store.insert(child, ANY_MARK, NOW, Most(3))
        assert await live(store) == {"p", "below p", "child"}

    async def test_what_is_refused_for_want_of_room_ends_nothing(self, store: Backend) -> None:
        await add(store, a_session("a"), a_session("p"))
        before = await store.changes(None)
        child = a_session("child", parent_sid="p")
        assert await refusal(store, child, most=Most(1)) is Reason.TOO_MANY_SESSIONS
        assert await refusal(store, a_session("b"), most=Most(0)) is Reason.TOO_MANY_SESSIONS
        assert await live(store) == {"p", "a"}
        assert not (await store.changes(before.cursor)).entries

    async def test_logins_at_once_never_pass_the_limit(self, store: Backend) -> None:
        async def log_in(number: int) -> bool:
            try:
                await store.insert(a_session(f"{number}"), 0, NOW, Most(3, end_oldest=False))
            except Rejected:
                return False
            return True

        assert sum(await gather(*map(log_in, range(20)))) == 3
        assert len(await live(store)) == 3
        await gather(*(store.insert(a_session(f"more {n}"), 0, NOW, Most(3)) for n in range(20)))
        assert len(await live(store)) == 3
