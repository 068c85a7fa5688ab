"""change: what a decision does to one session or to all of a subject's."""

import pytest

from ...stores import Backend, Decision
from ...types import Change
from .rows import NOW, a_session, add, live, row, told

REVOKE = Decision(revoke=True)
AHEAD = NOW + 5000
"""The time by a clock that takes every session of these tests for expired."""


class DecisionsContract:
    """One atomic step over rows that are not revoked, and what it leaves alone."""

    async def test_one_session_is_revoked(self, store: Backend) -> None:
        await add(store, a_session("a", roles=frozenset({"r"})), a_session("b"))
        assert list(await store.change(sid="a", decision=REVOKE, at=NOW)) == ["a"]
        assert await live(store) == {"b"}
        ended = await row(store, "a")
        assert (ended.revoked_at, ended.version, ended.ver) == (NOW, 2, 2)
        assert ended.roles == {"r"}

    async def test_all_of_a_subjects_sessions_are_revoked(self, store: Backend) -> None:
        await add(store, a_session("a"), a_session("b"), a_session("c", "bob"))
        assert set(await store.change(subject="alice", decision=REVOKE, at=NOW)) == {"a", "b"}
        assert await live(store) == {"c"}

    async def test_the_one_to_keep_is_left_as_it_was(self, store: Backend) -> None:
        await add(store, a_session("a"), a_session("kept"))
        before = await row(store, "kept")
        changed = await store.change(subject="alice", keep="kept", decision=REVOKE, at=NOW)
        assert list(changed) == ["a"]
        assert await row(store, "kept") == before

    async def test_keeping_somebody_elses_session_spares_nothing(self, store: Backend) -> None:
        await add(
            store,
            a_session("a", "alice"),
            a_session("child", "mallory", parent_sid="a"),
            a_session("mallory's", "mallory"),
        )
        changed = await store.change(subject="alice", keep="child", decision=REVOKE, at=NOW)
        assert set(changed) == {"a", "child"}
        assert await live(store) == {"mallory's"}

    async def test_a_kept_child_outlives_its_parent(self, store: Backend) -> None:
        await add(store, a_session("p"), a_session("child", parent_sid="p"))
        changed = await store.change(subject="alice", keep="child", decision=REVOKE, at=NOW)
        assert list(changed) == ["p"]
        assert await live(store) == {"child"}

    async def test_children_end_with_their_parent_one_level_down(self, store: Backend) -> None:
        await add(
            store,
            a_session("p"),
            a_session("child", parent_sid="p"),
            a_session("other's child", "bob", parent_sid="p"),
            a_session("grandchild", parent_sid="child"),
            a_session("a"),
        )
        changed = await store.change(sid="p", decision=REVOKE, at=NOW)
        assert set(changed) == {"p", "child", "other's child"}
        assert await live(store) == {"grandchild", "a"}

    async def test_children_of_a_subjects_sessions_end_once(self, store: Backend) -> None:
        await add(store, a_session("p"), a_session("child", parent_sid="p"))
        before = await store.changes(None)
        changed = await store.change(subject="alice", decision=REVOKE, at=NOW)
        assert sorted(changed) == ["child", "p"]
        assert (await row(store, "child")).ver == 2
        assert len((await store.changes(before.cursor)).entries) == 2

    async def test_roles_and_scopes_are_set_and_nobody_logged_out(self, store: Backend) -> None:
        old = frozenset({"old"})
        await add(
            store,
            a_session("a", roles=old, scopes=old),
            a_session("child", "bob", parent_sid="a", roles=old),
        )
        new = frozenset({"new"})
        await store.change(subject="alice", decision=Decision(roles=new), at=NOW)
        changed = await row(store, "a")
        assert (changed.roles, changed.scopes, changed.revoked_at) == (new, old, None)
        assert (changed.version, changed.ver) == (2, 2)
        await store.change(sid="a", decision=Decision(scopes=new), at=NOW)
        await store.change(sid="a", decision=Decision(roles=frozenset()), at=NOW)
        changed = await row(store, "a")
        assert (changed.roles, changed.scopes, changed.ver) == (frozenset(), new, 4)
        assert (await row(store, "child")).roles == old

    async def test_a_decision_may_revoke_and_set_at_once(self, store: Backend) -> None:
        await add(store, a_session("a", roles=frozenset({"old"})))
        decision = Decision(revoke=True, roles=frozenset())
        await store.change(sid="a", decision=decision, at=NOW)
        changed = await row(store, "a")
        assert (changed.roles, changed.revoked_at, changed.ver) == (frozenset(), NOW, 2)

    @pytest.mark.parametrize("decision", [REVOKE, Decision(roles=frozenset({"new"}))])
    async def test_the_revoked_are_left_as_they_were(
        self, store: Backend, decision: Decision
    ) -> None:
        await add(store, a_session("revoked"), a_session("dead child", parent_sid="revoked"))
        await store.change(sid="revoked", decision=REVOKE, at=NOW - 5)
        rows = [await row(store, sid) for sid in ("revoked", "dead child")]
        before = await store.changes(None)
        for each in rows:
            assert list(await store.change(sid=each.sid, decision=decision, at=NOW)) == []
        assert list(await store.change(sid="unknown", decision=decision, at=NOW)) == []
        assert (await store.changes(before.cursor)).cursor == before.cursor
        assert list(await store.change(subject="alice", decision=decision, at=NOW)) == []
        assert [await row(store, each.sid) for each in rows] == rows
        assert (await store.changes(before.cursor)).entries in ([], ())

    async def test_revoked_children_of_the_living_are_left_as_they_were(
        self, store: Backend
    ) -> None:
        await add(store, a_session("p"), a_session("revoked", parent_sid="p"))
        await store.change(sid="revoked", decision=REVOKE, at=NOW - 5)
        before = await row(store, "revoked")
        assert list(await store.change(sid="p", decision=REVOKE, at=NOW)) == ["p"]
        assert await row(store, "revoked") == before

    @pytest.mark.parametrize("whose", [{"sid": "p"}, {"subject": "alice"}])
    async def test_a_clock_ahead_ends_what_it_takes_for_expired(
        self, store: Backend, whose: dict[str, str]
    ) -> None:
        await add(store, a_session("p"), a_session("child", "bob", parent_sid="p"))
        assert await live(store, at=AHEAD) == set()
        before = await store.changes(None)
        changed = await store.change(**whose, decision=REVOKE, at=AHEAD)
        assert set(changed) == {"p", "child"}
        assert await live(store) == set()
        assert told(*(await store.changes(before.cursor)).entries) == told(
            Change("session", "p", 2, revoked=True), Change("session", "child", 2, revoked=True)
        )
        assert list(await store.change(**whose, decision=REVOKE, at=NOW)) == []
        assert (await row(store, "p")).revoked_at == AHEAD

    @pytest.mark.parametrize("whose", [{"sid": "a"}, {"subject": "alice"}])
    async def test_a_clock_ahead_gives_roles_to_what_it_takes_for_expired(
        self, store: Backend, whose: dict[str, str]
    ) -> None:
        await add(store, a_session("a", roles=frozenset({"old"})))
        before = await store.changes(None)
        decision = Decision(roles=frozenset({"new"}))
        assert list(await store.change(**whose, decision=decision, at=AHEAD)) == ["a"]
        changed = await row(store, "a")
        assert changed.roles == {"new"}
        assert (changed.ver, changed.ends_at) == (2, NOW + 100)
        assert await live(store) == {"a"}
        assert list((await store.changes(before.cursor)).entries) == [Change("session", "a", 2)]

    async def test_a_kept_session_outlives_a_decision_of_a_clock_ahead(
        self, store: Backend
    ) -> None:
        await add(store, a_session("a"), a_session("kept"))
        changed = await store.change(subject="alice", keep="kept", decision=REVOKE, at=AHEAD)
        assert list(changed) == ["a"]
        assert await live(store) == {"kept"}

    async def test_each_row_is_one_change(self, store: Backend) -> None:
        await add(store, a_session("a", ver=4), a_session("b"))
        before = await store.changes(None)
        await store.change(subject="alice", decision=Decision(roles=frozenset()), at=NOW)
        await store.change(sid="a", decision=REVOKE, at=NOW)
        entries = (await store.changes(before.cursor)).entries
        assert told(*entries[:2]) == told(Change("session", "a", 5), Change("session", "b", 2))
        assert entries[2:] == [Change("session", "a", 6, revoked=True)]

    async def test_a_decision_is_about_one_session_or_one_subject(self, store: Backend) -> None:
        await add(store, a_session("a"))
        with pytest.raises(ValueError, match="one"):
            await store.change(decision=REVOKE, at=NOW)
        with pytest.raises(ValueError, match="one"):
            await store.change(sid="a", subject="alice", decision=REVOKE, at=NOW)
        assert await live(store) == {"a"}
