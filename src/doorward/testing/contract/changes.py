"""changes and wait: how a process learns what happened."""

from asyncio import Event, create_task, wait_for
from dataclasses import replace

from ...stores import Backend, Cursor, Decision
from ...types import Change
from .rows import NOW, a_session, add, row

REVOKE = Decision(revoke=True)
ROLES = Decision(roles=frozenset({"new"}))


class ChangesContract:
    """Every change once, none skipped; and saying so when that cannot be promised."""

    def ahead(self, cursor: Cursor) -> Cursor:
        """A cursor that the store would have given later: after a restore, others may hold one.
        Where the last part is no number, a suite says how it is made."""
        return (*cursor[:-1], int(cursor[-1]) + 1)

    async def test_a_new_store_has_no_changes(self, store: Backend) -> None:
        news = await store.changes(None)
        assert list(news.entries) == []
        assert news.known

    async def test_each_change_is_told_once_in_order(self, store: Backend) -> None:
        await add(store, a_session("a"), a_session("b"))
        start = await store.changes(None)
        await store.change(sid="a", decision=ROLES, at=NOW)
        await store.change(sid="b", decision=REVOKE, at=NOW)
        first = await store.changes(start.cursor)
        await store.change(sid="a", decision=REVOKE, at=NOW)
        second = await store.changes(first.cursor)
        third = await store.changes(second.cursor)
        a_roles, b_end, a_end = (
            Change("session", "a", 2),
            Change("session", "b", 2, revoked=True),
            Change("session", "a", 3, revoked=True),
        )
        assert list(first.entries) == [a_roles, b_end]
        assert list(second.entries) == [a_end]
        assert list(third.entries) == []
        assert list((await store.changes(start.cursor)).entries) == [a_roles, b_end, a_end]
        assert all(each.known for each in (start, first, second, third))

    async def test_who_just_started_is_told_all_that_is_kept(self, store: Backend) -> None:
        await add(store, a_session("a"))
        await store.change(sid="a", decision=REVOKE, at=NOW)
        news = await store.changes(None)
        assert list(news.entries) == [Change("session", "a", 2, revoked=True)]
        assert news.known

    async def test_the_answer_stays_the_same_object_while_nothing_changes(
        self, store: Backend
    ) -> None:
        await add(store, a_session("a"))
        await store.change(sid="a", decision=REVOKE, at=NOW)
        cursor = (await store.changes(None)).cursor
        assert (await store.changes(cursor)).cursor is cursor
        await add(store, a_session("b"))
        assert (await store.changes(cursor)).cursor is cursor

    async def test_only_a_local_store_can_tell_at_once_that_nothing_changed(
        self, store: Backend
    ) -> None:
        await add(store, a_session("a"))
        before = (await store.changes(None)).cursor
        assert store.unchanged(before) == store.local
        await store.change(sid="a", decision=REVOKE, at=NOW)
        assert not store.unchanged(before)
        assert not store.unchanged(None)
        after = (await store.changes(before)).cursor
        assert store.unchanged(after) == store.local

    async def test_login_touch_and_rotation_are_not_changes(self, store: Backend) -> None:
        start = await store.changes(None)
        await add(store, a_session("a"))
        old = await row(store, "a")
        await store.replace(old, replace(old, seen_at=NOW, generation=1, secret_hash=b"new"))
        news = await store.changes(start.cursor)
        assert (list(news.entries), news.cursor) == ([], start.cursor)

    async def test_a_step_up_is_a_change(self, store: Backend) -> None:
        await add(store, a_session("a"))
        start = await store.changes(None)
        old = await row(store, "a")
        assert await store.replace(old, replace(old, ver=2, amr=("pwd", "otp")))
        assert not await store.replace(old, replace(old, ver=2))
        news = await store.changes(start.cursor)
        assert list(news.entries) == [Change("session", "a", 2)]

    async def test_a_decision_that_met_nobody_tells_nothing(self, store: Backend) -> None:
        start = await store.changes(None)
        await store.change(subject="nobody", decision=REVOKE, at=NOW)
        news = await store.changes(start.cursor)
        assert (list(news.entries), news.known) == ([], True)

    async def test_a_forgotten_cursor_is_told_all_that_is_kept(self, store: Backend) -> None:
        await add(store, a_session("a"), a_session("b"), a_session("c"))
        start = await store.changes(None)
        await store.change(sid="a", decision=REVOKE, at=NOW - 50)
        later = await store.changes(start.cursor)
        await store.change(sid="b", decision=REVOKE, at=NOW)
        await store.purge(NOW - 20)
        kept = [Change("session", "b", 2, revoked=True)]
        missed = await store.changes(start.cursor)
        assert (list(missed.entries), missed.known) == (kept, False)
        assert (await store.changes(missed.cursor)).known
        following = await store.changes(later.cursor)
        assert (list(following.entries), following.known) == (kept, True)
        anew = await store.changes(None)
        assert (list(anew.entries), anew.known) == (kept, True)

    async def test_a_cursor_from_the_future_is_unknown(self, store: Backend) -> None:
        await add(store, a_session("a"))
        await store.change(sid="a", decision=REVOKE, at=NOW)
        news = await store.changes(None)
        lost = await store.changes(self.ahead(news.cursor))
        assert list(lost.entries) == list(news.entries)
        assert (lost.cursor, lost.known) == (news.cursor, False)

    async def test_a_change_wakes_who_waits(self, store: Backend) -> None:
        await add(store, a_session("a"))
        waiting = Event()

        async def wait() -> None:
            waiting.set()
            await store.wait(60)

        task = create_task(wait())
        await waiting.wait()
        await store.change(sid="a", decision=REVOKE, at=NOW)
        await wait_for(task, 5)

    async def test_waiting_ends_by_itself(self, store: Backend) -> None:
        await wait_for(store.wait(0.001), 5)
        await wait_for(store.wait(0), 5)
