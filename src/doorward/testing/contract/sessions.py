"""get, insert, replace, list: rows as they were given."""

from dataclasses import replace

import pytest

from ...stores import Backend, Decision, Page
from ...types import Device, Session
from .rows import ANY_MARK, NOW, a_session, add, row

EVERY_FIELD = a_session(
    "every-field",
    "subject \N{SNOWMAN} 'quoted' \x00 zero",
    mode="token",
    secret_hash=bytes(range(32)),
    expires_at=2**53,
    version=7,
    ver=5,
    previous_secret_hash=bytes(range(32, 64)),
    previous_until=NOW + 60,
    previous_authenticated_at=NOW - 99,
    previous_amr=("pwd", "hwk", "pwd"),
    generation=3,
    branch=2,
    parent_branch=1,
    roles=frozenset({"editor", "a b", "\N{SNOWMAN}", ""}),
    scopes=frozenset({"read:all", '"'}),
    amr=("pwd", "otp", "pwd"),
    client_id="client",
    audience="https://api.example",
    device=Device("2001:db8::1", "Mozilla \x00 'x'", "Pia's phone"),
    attributes={"text": "\N{SNOWMAN}", "number": 2**53, "yes": True},
)


class SessionsContract:
    """Rows go in and come out unchanged; `replace` is compare-and-swap; `sessions` pages."""

    async def test_an_unknown_session_is_none(self, store: Backend) -> None:
        assert await store.get("nobody") is None

    async def test_a_name_that_nobody_has_may_hold_whatever_text_can(self, store: Backend) -> None:
        await add(store, a_session("a"))
        for odd in ("", "\x00", "a\x00", "a\x00b", "%", "'--", "\x1a0", "\uffff", "a" * 10_000):
            assert await store.get(odd) is None
            assert await store.sessions(odd, NOW) == []
            for whose in ({"sid": odd}, {"subject": odd}):
                assert await store.change(**whose, decision=Decision(revoke=True), at=NOW) == []
        assert (await row(store, "a")).revoked_at is None

    async def test_half_a_surrogate_pair_names_no_session(self, store: Backend) -> None:
        await add(store, a_session("a"))
        for half in ("\ud800", "a\udfff", "\udc00\ud800"):
            assert await store.get(half) is None
        assert await store.get("a") == a_session("a")

    async def test_a_row_comes_back_as_it_was_given(self, store: Backend) -> None:
        for session in (a_session("plain"), EVERY_FIELD):
            await add(store, session)
            assert await store.get(session.sid) == session

    async def test_a_dead_row_is_returned_as_it_is(self, store: Backend) -> None:
        expired = a_session("expired", ends_at=NOW - 1)
        await add(store, expired, a_session("revoked"))
        await store.change(sid="revoked", decision=Decision(revoke=True), at=NOW)
        assert await store.get("expired") == expired
        assert (await row(store, "revoked")).revoked_at == NOW

    async def test_a_sid_is_never_given_twice(self, store: Backend) -> None:
        await add(store, a_session("a", roles=frozenset({"first"})))
        await store.change(sid="a", decision=Decision(revoke=True), at=NOW)
        with pytest.raises(ValueError, match=r".+"):
            await store.insert(a_session("a", "mallory"), ANY_MARK, NOW)
        stored = await row(store, "a")
        assert (stored.subject, stored.revoked_at) == ("alice", NOW)

    async def test_what_was_given_may_be_changed_afterwards(self, store: Backend) -> None:
        attributes: dict[str, str | int | bool] = {"colour": "red"}
        await add(store, a_session("a", attributes=attributes))
        attributes["colour"] = "blue"
        assert (await row(store, "a")).attributes == {"colour": "red"}
        old = await row(store, "a")
        await store.replace(old, replace(old, attributes=attributes))
        attributes["colour"] = "green"
        assert (await row(store, "a")).attributes == {"colour": "blue"}

    async def test_replace_writes_everything_that_moves(self, store: Backend) -> None:
        await add(store, a_session("a"))
        old = await row(store, "a")
        new = replace(
            EVERY_FIELD,
            sid="a",
            subject=old.subject,
            client_id=old.client_id,
            audience=old.audience,
            created_at=old.created_at,
            roles=old.roles,
            scopes=old.scopes,
        )
        assert await store.replace(old, new)
        assert await store.get("a") == replace(new, version=old.version + 1)

    async def test_replace_never_writes_what_others_decide(self, store: Backend) -> None:
        await add(store, a_session("a", roles=frozenset({"reader"})), a_session("parent"))
        old = await row(store, "a")
        new = replace(
            old,
            sid="b",
            subject="mallory",
            client_id="other",
            audience="https://other.example",
            parent_sid="parent",
            created_at=1,
            roles=frozenset({"admin"}),
            scopes=frozenset({"all"}),
            revoked_at=NOW,
            version=99,
            seen_at=NOW,
        )
        assert await store.replace(old, new)
        assert await row(store, "a") == replace(old, version=old.version + 1, seen_at=NOW)
        assert await store.get("b") is None
        assert [found.sid for found in await store.sessions("mallory", NOW)] == []

    async def test_replace_never_lowers_what_clients_were_told(self, store: Backend) -> None:
        await add(store, a_session("a", ver=5))
        old = await row(store, "a")
        assert await store.replace(old, replace(old, ver=1))
        assert (await row(store, "a")).ver == 5

    async def test_of_two_replaces_of_one_version_the_second_fails(self, store: Backend) -> None:
        await add(store, a_session("a"))
        old = await row(store, "a")
        assert await store.replace(old, replace(old, generation=1))
        assert not await store.replace(old, replace(old, generation=2))
        assert (await row(store, "a")).generation == 1

    async def test_nothing_is_replaced_in_a_revoked_row(self, store: Backend) -> None:
        await add(store, a_session("a"))
        await store.change(sid="a", decision=Decision(revoke=True), at=NOW)
        dead = await row(store, "a")
        assert not await store.replace(dead, replace(dead, revoked_at=None, seen_at=NOW))
        assert await row(store, "a") == dead

    async def test_a_row_that_is_gone_is_not_replaced(self, store: Backend) -> None:
        gone = a_session("gone")
        assert not await store.replace(gone, gone)
        assert await store.get("gone") is None

    async def test_a_list_holds_live_rows_only(self, store: Backend) -> None:
        await add(
            store,
            a_session("live", ends_at=NOW + 1),
            a_session("ends now", ends_at=NOW),
            a_session("revoked"),
        )
        await store.change(sid="revoked", decision=Decision(revoke=True), at=NOW)
        for subject in ("alice", None):
            assert [found.sid for found in await store.sessions(subject, NOW)] == ["live"]
            assert [found.sid for found in await store.sessions(subject, NOW - 1)] == [
                "live",
                "ends now",
            ]

    async def test_a_list_as_of_0_holds_every_row_that_is_not_revoked(self, store: Backend) -> None:
        await add(store, a_session("live"), a_session("revoked"), a_session("ended", ends_at=1))
        await store.change(sid="revoked", decision=Decision(revoke=True), at=NOW)
        for subject in ("alice", None):
            assert {found.sid for found in await store.sessions(subject, 0)} == {"live", "ended"}
            assert [found.sid for found in await store.sessions(subject, NOW)] == ["live"]

    async def test_a_list_is_of_one_subject_or_of_all(self, store: Backend) -> None:
        await add(store, a_session("a", "alice"), a_session("b", "bob", seen_at=NOW))
        assert [found.sid for found in await store.sessions("alice", NOW)] == ["a"]
        assert [found.sid for found in await store.sessions(None, NOW)] == ["b", "a"]
        assert list(await store.sessions("carol", NOW)) == []

    async def test_a_list_is_whole_rows(self, store: Backend) -> None:
        await add(store, EVERY_FIELD)
        assert list(await store.sessions(EVERY_FIELD.subject, NOW)) == [EVERY_FIELD]

    async def test_pages_meet_every_row_once_latest_first(self, store: Backend) -> None:
        for number in range(20):
            sid = f"{number * 7 % 20:02d}"  # many rows share a second of activity
            await add(store, a_session(sid, ("alice", "bob")[number % 2], seen_at=number // 5))
        for subject in ("alice", None):
            whole = [_place(found) for found in await store.sessions(subject, NOW)]
            paged: list[Page] = []
            while page := await store.sessions(subject, NOW, paged[-1] if paged else None, 3):
                assert len(page) <= 3
                paged += [_place(found) for found in page]
            assert paged == whole == sorted(whole, reverse=True)
            assert len(paged) == (20 if subject is None else 10)

    async def test_a_touch_moves_a_row_to_the_front(self, store: Backend) -> None:
        await add(store, a_session("a", seen_at=NOW - 3), a_session("b", seen_at=NOW - 2))
        old = await row(store, "a")
        await store.replace(old, replace(old, seen_at=NOW))
        assert [found.sid for found in await store.sessions("alice", NOW)] == ["a", "b"]


def _place(session: Session) -> Page:
    return Page(session.seen_at, session.sid)
