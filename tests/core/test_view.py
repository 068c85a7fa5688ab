"""The view: recent changes and recent credentials, bounded, and never older than what it knows."""

from doorward import Principal
from doorward.stores import Changes
from doorward.types import Change
from doorward.view import View

RETAIN = 720


def principal(sid: str = "s") -> Principal:
    return Principal(subject="ann", sid=sid, mode="session")


def view(limit: int = 100) -> View:
    return View(limit, RETAIN)


def told(*entries: Change, at: int = 1, known: bool = True) -> Changes:
    return Changes(entries, (at,), known)


def changed(sid: str = "s", ver: int = 2) -> Change:
    return Change("session", sid, ver)


def revoked(sid: str = "s", ver: int = 2) -> Change:
    return Change("session", sid, ver, True)


def test_a_remembered_credential_is_recalled_by_its_string_alone() -> None:
    seen = view()
    assert seen.recall("c", 0) is None
    seen.remember("c", principal(), 1, until=50)
    assert seen.recall("c", 49) == principal()
    assert seen.recall("c", 50) is None
    assert seen.recall("C", 0) is None


def test_credentials_are_bounded_and_the_oldest_goes_first() -> None:
    seen = view(limit=3)
    for n in range(5):
        seen.remember(f"c{n}", principal(f"s{n}"), 1, 50)
    assert [n for n in range(5) if seen.recall(f"c{n}", 0)] == [2, 3, 4]


def test_a_credential_remembered_again_counts_once_and_is_young_again() -> None:
    seen = view(limit=2)
    seen.remember("a", principal("a"), 1, 50)
    seen.remember("b", principal("b"), 1, 50)
    seen.remember("a", principal("a"), 1, 60)
    seen.remember("c", principal("c"), 1, 50)
    assert seen.recall("b", 0) is None
    assert seen.recall("a", 59) == principal("a")
    assert seen.recall("c", 0) is not None


def test_a_change_drops_every_credential_of_its_session_and_no_other() -> None:
    seen = view()
    for credential, sid in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        seen.remember(credential, principal(sid), 1, 50)
    seen.learn(told(changed("a")), now=10)
    assert not told(changed("a")).keys_too
    assert [c for c in ("a1", "a2", "b1") if seen.recall(c, 0)] == ["b1"]
    assert seen.cursor == (1,)


def test_a_row_read_while_a_change_arrived_is_not_kept() -> None:
    seen = view()
    seen.learn(told(changed(ver=3)), now=10)
    seen.remember("old", principal(), 2, 50)
    assert seen.recall("old", 0) is None
    seen.remember("new", principal(), 3, 50)
    assert seen.recall("new", 0) is not None


def test_nothing_of_a_revoked_session_is_kept_whatever_it_was_told() -> None:
    seen = view()
    seen.learn(told(revoked(ver=3)), now=10)
    seen.remember("c", principal(), 99, 50)
    assert seen.recall("c", 0) is None
    assert seen.outdates("s", 99)


def test_only_what_was_told_before_a_change_is_outdated() -> None:
    seen = view()
    assert not seen.outdates("s", 1)
    seen.learn(told(changed(ver=3)), now=10)
    assert seen.outdates("s", 2)
    assert not seen.outdates("s", 3)
    assert not seen.outdates("other", 1)


def test_of_two_changes_the_newer_counts_in_whatever_order_they_come() -> None:
    seen = view()
    seen.learn(told(changed(ver=5), changed(ver=4)), now=10)
    assert seen.outdates("s", 4)
    seen.learn(told(changed(ver=6)), now=11)
    assert seen.outdates("s", 5)
    seen.learn(told(revoked(ver=7), changed(ver=8)), now=12)
    assert seen.outdates("s", 8)


def test_a_change_is_kept_for_the_retention_since_it_was_learned_and_then_goes() -> None:
    seen = view()
    seen.learn(told(revoked("a")), now=1000)
    seen.learn(told(revoked("b")), now=1500)
    seen.learn(told(), now=1000 + RETAIN)
    assert seen.outdates("a", 1)
    seen.learn(told(), now=1001 + RETAIN)
    assert not seen.outdates("a", 1)
    assert seen.outdates("b", 1)
    seen.learn(told(), now=9999)
    assert not seen.outdates("b", 1)


def test_a_change_learned_again_is_kept_anew() -> None:
    seen = view()
    seen.learn(told(revoked("a"), revoked("b")), now=1000)
    seen.learn(told(revoked("a")), now=1600)
    seen.learn(told(), now=1800)
    assert seen.outdates("a", 1)
    assert not seen.outdates("b", 1)


def test_a_change_of_keys_forgets_every_credential_and_no_change() -> None:
    seen = view()
    seen.learn(told(revoked("a")), now=10)
    seen.remember("c", principal(), 1, 50)
    seen.learn(told(Change("key", "kid")), now=10)
    assert told(Change("key", "kid")).keys_too
    assert seen.recall("c", 0) is None
    assert seen.outdates("a", 1)
    seen.remember("c", principal(), 1, 50)
    assert seen.recall("c", 0) is not None


def test_a_cursor_that_the_store_has_forgotten_begins_everything_anew() -> None:
    seen = view()
    seen.learn(told(revoked("a")), now=10)
    seen.remember("c", principal(), 1, 50)
    seen.learn(told(revoked("b"), at=9, known=False), now=10)
    assert told(known=False).keys_too
    assert seen.recall("c", 0) is None
    assert not seen.outdates("a", 1)
    assert seen.outdates("b", 1)
    assert seen.cursor == (9,)


def test_a_clock_that_fell_far_back_gives_the_cursor_up_once() -> None:
    seen = view()
    seen.learn(told(at=4), now=0)
    falls = [10_000, 10_000 - RETAIN // 2, 10_000 - RETAIN // 2 - 1, 10_000 - RETAIN // 2 - 1]
    given_up = [(seen.turned_back(now), seen.cursor) for now in falls]
    assert given_up == [(False, (4,)), (False, (4,)), (True, None), (False, None)]


def test_many_credentials_of_few_sessions_leave_no_more_than_the_limit() -> None:
    seen = view(limit=50)
    for n in range(5000):
        seen.remember(f"c{n}", principal(f"s{n % 7}"), 1, 50)
    assert sum(seen.recall(f"c{n}", 0) is not None for n in range(5000)) == 50
    seen.learn(told(*(changed(f"s{n}") for n in range(7))), now=10)
    assert not any(seen.recall(f"c{n}", 0) for n in range(5000))
