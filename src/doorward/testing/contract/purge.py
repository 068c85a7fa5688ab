"""purge: what is old goes, and what is forgotten is not pretended to be known."""

from ...errors import Reason
from ...stores import Backend, Decision
from .logins import refusal
from .rows import ANY_MARK, NOW, a_session, add, live, row

REVOKE = Decision(revoke=True)


class PurgeContract:
    """Only the long dead go."""

    async def test_the_long_dead_go_and_the_rest_stays(self, store: Backend) -> None:
        await add(
            store,
            a_session("live"),
            a_session("ended", ends_at=NOW - 51),
            a_session("ended later", ends_at=NOW - 50),
            a_session("revoked"),
            a_session("revoked later"),
        )
        await store.change(sid="revoked", decision=REVOKE, at=NOW - 51)
        await store.change(sid="revoked later", decision=REVOKE, at=NOW - 50)
        assert await store.purge(NOW - 50) == 2
        assert await store.purge(NOW - 50) == 0
        found = {sid: await store.get(sid) for sid in ("ended", "revoked")}
        assert found == {"ended": None, "revoked": None}
        for sid in ("live", "ended later", "revoked later"):
            assert await store.get(sid) is not None
        assert await live(store) == {"live"}

    async def test_a_row_that_was_revoked_after_its_end_is_kept_from_its_revocation_on(
        self, store: Backend
    ) -> None:
        await add(store, a_session("a", ends_at=NOW - 90))
        await store.change(sid="a", decision=REVOKE, at=NOW)
        assert await store.purge(NOW) == 0
        assert (await row(store, "a")).revoked_at == NOW
        assert await store.purge(NOW + 1) == 1

    async def test_a_row_that_was_given_roles_after_its_end_goes_as_others_do(
        self, store: Backend
    ) -> None:
        await add(store, a_session("a", ends_at=NOW - 90))
        await store.change(sid="a", decision=Decision(roles=frozenset({"new"})), at=NOW)
        assert await store.purge(NOW) == 1

    async def test_a_purge_is_done_in_steps(self, store: Backend) -> None:
        for number in range(7):
            await add(store, a_session(f"{number}", ends_at=NOW - 60))
        assert [await store.purge(NOW, limit=3) for _ in range(4)] == [3, 3, 1, 0]

    async def test_what_was_purged_may_be_added_again(self, store: Backend) -> None:
        await add(store, a_session("p"))
        await add(store, a_session("a", parent_sid="p", ends_at=NOW - 60))
        await store.purge(NOW)
        await add(store, a_session("a", "bob"))
        assert await live(store, "bob") == {"a"}
        assert await live(store, "alice") == {"p"}

    async def test_a_login_older_than_the_purged_marks_is_superseded(self, store: Backend) -> None:
        mark = await store.mark()
        await store.change(subject="alice", decision=REVOKE, at=NOW - 50)
        await store.purge(NOW)
        assert await refusal(store, a_session("a"), mark) is Reason.SUPERSEDED
        await store.insert(a_session("a"), await store.mark(), NOW)

    async def test_a_mark_that_is_not_old_stays(self, store: Backend) -> None:
        mark = await store.mark()
        await store.change(subject="alice", decision=REVOKE, at=NOW)
        await store.purge(NOW)
        assert await refusal(store, a_session("a"), mark) is Reason.SUPERSEDED
        await store.insert(a_session("b", "bob"), mark, NOW)

    async def test_old_tickets_and_counters_go(self, store: Backend) -> None:
        await store.put("code", b"old", "payload", NOW - 51)
        await store.put("code", b"young", "payload", NOW - 50)
        assert await store.hit("old", 10, 1, NOW - 61) == 0
        assert await store.hit("young", 10, 1, NOW - 60) == 0
        await store.purge(NOW - 50)
        # asked as of a moment when all of them were still good
        assert await store.take("code", b"old", NOW - 90) is None
        assert await store.take("code", b"young", NOW - 90) == ("payload", True)
        assert await store.hit("old", 10, 1, NOW - 61) == 0
        assert await store.hit("young", 10, 1, NOW - 60) == 10

    async def test_more_of_the_rest_goes_than_one_step_holds(self, store: Backend) -> None:
        marks: list[int] = []
        for number in range(7):
            await store.put("code", bytes([number]), "payload", NOW - 51)
            marks.append(await store.mark())
            await store.change(subject=f"{number}", decision=REVOKE, at=NOW - 51)
        first = await store.changes(None)
        await store.purge(NOW, limit=3)
        for number in range(7):
            assert await store.take("code", bytes([number]), NOW - 90) is None
        assert (await store.changes(first.cursor)).known
        assert await refusal(store, a_session("a"), marks[-1]) is Reason.SUPERSEDED
        await store.insert(a_session("b"), ANY_MARK, NOW)
