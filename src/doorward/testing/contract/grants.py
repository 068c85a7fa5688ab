"""Rows with an audience: permissions of other applications, beside the logins of one's own."""

from asyncio import gather
from typing import Any

import pytest

from ...errors import Reason
from ...stores import EVERY_ROW, Backend, Decision, Most, Page
from ...types import Change, Session
from .logins import REVOKE, refusal
from .rows import ANY_MARK, NOW, a_session, add, live, row, told

READER = frozenset({"reader"})
SET = Decision(roles=frozenset({"admin"}), scopes=frozenset({"all"}))


def a_grant(sid: str, client_id: str = "photos", **fields: Any) -> Session:
    """A grant of alice's that is live at `NOW`."""
    return a_session(sid, client_id=client_id, **({"audience": "https://api.example"} | fields))


async def listed(
    store: Backend, subject: str | None, grants: bool | None, at: int = NOW
) -> list[str]:
    return [each.sid for each in await store.sessions(subject, at, grants=grants)]


class GrantsContract:
    """Grants are told from logins by `change`, by `Most` and by `sessions`."""

    async def test_an_audience_is_kept_as_it_was_given(self, store: Backend) -> None:
        for number, audience in enumerate(("https://api.example", "a \x00 \N{SNOWMAN} '", "")):
            grant = a_grant(f"{number}", audience=audience)
            await add(store, grant)
            assert await store.get(grant.sid) == grant

    async def test_replace_never_writes_an_audience(self, store: Backend) -> None:
        await add(store, a_grant("grant"), a_session("login"))
        for sid, audience, other in (
            ("grant", "https://api.example", ""),
            ("login", "", "https://api.example"),
        ):
            for generation in (1, 2):  # the second reads what the first wrote
                old = await row(store, sid)
                new = a_grant(sid, "other", audience=other, generation=generation)
                assert await store.replace(old, new)
                stored = await row(store, sid)
                assert (stored.audience, stored.client_id) == (audience, old.client_id)
                assert stored.generation == generation

    @pytest.mark.parametrize("decision", [SET, Decision(roles=READER), Decision(scopes=READER)])
    async def test_roles_and_scopes_of_a_subject_are_for_logins_alone(
        self, store: Backend, decision: Decision
    ) -> None:
        await add(store, a_session("login"), a_grant("grant", scopes=READER))
        before, mark = await row(store, "grant"), await store.mark()
        start = await store.changes(None)
        assert list(await store.change(subject="alice", decision=decision, at=NOW)) == ["login"]
        assert await row(store, "grant") == before
        assert (await row(store, "login")).ver == 2
        assert list((await store.changes(start.cursor)).entries) == [Change("session", "login", 2)]
        # the decision supersedes whatever is under way, a grant too
        assert await refusal(store, a_grant("late"), mark) is Reason.SUPERSEDED

    async def test_a_decision_that_skips_every_grant_still_sets_its_mark(
        self, store: Backend
    ) -> None:
        await add(store, a_grant("grant"))
        mark = await store.mark()
        assert list(await store.change(subject="alice", decision=SET, at=NOW)) == []
        assert await refusal(store, a_session("late"), mark) is Reason.SUPERSEDED

    async def test_roles_and_scopes_are_not_given_to_a_grant_that_is_named(
        self, store: Backend
    ) -> None:
        await add(store, a_grant("grant", scopes=READER))
        before, start = await row(store, "grant"), await store.changes(None)
        assert list(await store.change(sid="grant", decision=SET, at=NOW)) == []
        assert await row(store, "grant") == before
        assert (await store.changes(start.cursor)).cursor == start.cursor

    @pytest.mark.parametrize("whose", [{"sid": "login"}, {"subject": "alice"}])
    async def test_to_revoke_takes_grants_along(
        self, store: Backend, whose: dict[str, str]
    ) -> None:
        await add(store, a_session("login"), a_grant("online", parent_sid="login"))
        await add(store, a_grant("offline"), a_grant("other's", subject="bob"))
        gone = {"login", "online"} | ({"offline"} if "subject" in whose else set())
        both = Decision(revoke=True, roles=READER)
        assert set(await store.change(**whose, decision=both, at=NOW)) == gone
        assert await live(store) == {"login", "online", "offline", "other's"} - gone
        assert list(await store.change(sid="other's", decision=REVOKE, at=NOW)) == ["other's"]

    async def test_logins_and_grants_do_not_make_room_for_each_other(self, store: Backend) -> None:
        await add(
            store,
            a_grant("first", created_at=NOW - 19),
            a_session("a", created_at=NOW - 18),
            a_grant("below a", parent_sid="a"),
            a_session("b", client_id="photos"),
            a_grant("mail", "mail", created_at=NOW - 19),
            a_grant("elsewhere", audience="https://other.example"),
        )
        start = await store.changes(None)
        await store.insert(a_session("c"), ANY_MARK, NOW, Most(2))
        grants = {"first", "mail", "elsewhere"}
        assert await live(store) == {"b", "c"} | grants
        assert told(*(await store.changes(start.cursor)).entries) == told(
            Change("session", "a", 2, revoked=True), Change("session", "below a", 2, revoked=True)
        )
        full = Most(2, end_oldest=False)
        assert await refusal(store, a_session("d"), most=full) is Reason.TOO_MANY_SESSIONS
        assert await refusal(store, a_grant("d"), most=full) is Reason.TOO_MANY_SESSIONS
        await store.insert(a_grant("d", "mail"), ANY_MARK, NOW, full)
        await store.insert(a_grant("e", parent_sid="b"), ANY_MARK, NOW, Most(2))
        assert await live(store) == {"b", "c", "mail", "elsewhere", "d", "e"}

    async def test_a_child_that_is_not_counted_makes_no_room(self, store: Backend) -> None:
        await add(store, a_session("a"), a_grant("below a", parent_sid="a"))
        await add(store, a_session("b"), a_session("c"))
        await store.insert(a_session("d"), ANY_MARK, NOW, Most(2))
        assert await live(store) == {"c", "d"}

    async def test_grants_and_logins_at_once_each_keep_to_their_own_limit(
        self, store: Backend
    ) -> None:
        rows = [made(f"{made.__name__} {n}") for n in range(12) for made in (a_grant, a_session)]
        await gather(*(store.insert(each, 0, NOW, Most(3)) for each in rows))
        for grants in (True, False):
            assert len(await store.sessions("alice", NOW, grants=grants)) == 3

    async def test_a_list_is_of_logins_of_grants_or_of_both(self, store: Backend) -> None:
        for number in range(6):
            made = a_session if number % 2 else a_grant
            seen, ends = NOW - number, NOW + (100 if number < 4 else 0)
            await add(store, made(f"{number}", seen_at=seen, ends_at=ends))
        for subject in ("alice", None):
            assert await listed(store, subject, None) == ["0", "1", "2", "3"]
            assert await listed(store, subject, False) == ["1", "3"]
            assert await listed(store, subject, True) == ["0", "2"]
            assert await listed(store, subject, True, EVERY_ROW) == ["0", "2", "4"]
            page = await store.sessions(subject, NOW, Page(NOW - 1, "1"), 1, grants=True)
            assert [each.sid for each in page] == ["2"]
        assert await listed(store, "bob", True) == []
