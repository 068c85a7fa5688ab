"""How an API learns of ends, and what it refuses while it cannot know of them."""

import asyncio

import pytest

from doorward.resource import Caller, Guard, Refused
from doorward.resource import knowledge as bounds
from tests.resource.issuer import SCOPE, FakeIssuer

pytestmark = pytest.mark.anyio


async def outcome(guard: Guard, token: str) -> str:
    try:
        assert isinstance(await guard.check(token, SCOPE), Caller)
    except Refused as refused:
        return refused.code
    return "accepted"


async def test_an_end_is_obeyed_and_other_grants_go_on(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    one, other = issuer.token(), issuer.token(sid="s2")
    for token in (one, other):
        assert await outcome(guard, token) == "accepted"
    issuer.tells(changes=[{"sid": "s1", "ver": 2, "ended": True}])
    await guard.catch_up()
    assert await outcome(guard, one) == "invalid_token"
    assert await outcome(guard, issuer.token(jti="j2", ver=9)) == "invalid_token"
    assert await outcome(guard, other) == "accepted"
    # what is told later about an older state does not bring it back
    issuer.tells(changes=[{"sid": "s1", "ver": 1, "ended": False}])
    await guard.catch_up()
    assert await outcome(guard, one) == "invalid_token"


async def test_a_change_outdates_the_tokens_of_before(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    for ver in (2, 1):
        issuer.tells(changes=[{"sid": "s1", "ver": ver, "ended": False}])
        await guard.catch_up()
    assert await outcome(guard, issuer.token(ver=1)) == "invalid_token"
    assert await outcome(guard, issuer.token(ver=2)) == "accepted"


async def test_a_withdrawn_key_signs_nothing_any_more(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    token = issuer.token()
    assert await outcome(guard, token) == "accepted"
    issuer.tells(withdrawn=["key-1"])
    await guard.catch_up()
    assert await outcome(guard, token) == "invalid_token"
    issuer.ticks.now += 10  # a copy on the way still has it
    await guard.catch_up()
    assert await outcome(guard, issuer.token(jti="j2")) == "invalid_token"


async def test_nothing_is_accepted_before_the_server_was_heard(issuer: FakeIssuer) -> None:
    guard = issuer.guard()
    assert await outcome(guard, issuer.token()) == "unavailable"
    issuer.away = True
    await guard.catch_up()
    assert await outcome(guard, issuer.token()) == "unavailable"


async def test_a_server_that_is_not_heard_stops_everything_in_time(issuer: FakeIssuer) -> None:
    guard = await issuer.synced(max_staleness=5)
    token = issuer.token()
    assert await outcome(guard, token) == "accepted"
    issuer.away = True
    for passed, expected in ((5, "accepted"), (0.01, "unavailable")):
        issuer.ticks.now += passed
        await guard.catch_up()
        assert await outcome(guard, token) == expected
    # it is the server that is at fault, and not a token that is known to be bad
    assert await outcome(guard, issuer.token(aud="x")) == "invalid_token"
    issuer.away = False
    await guard.catch_up()
    assert await outcome(guard, token) == "accepted"


async def test_what_was_long_on_the_way_is_as_old_as_when_it_was_told(issuer: FakeIssuer) -> None:
    """A process that was stopped for an hour reads heartbeats of an hour ago."""
    guard = await issuer.synced(max_staleness=5)
    follower = guard._follower
    asked_at, issuer.ticks.now = issuer.ticks.now, issuer.ticks.now + 3_600
    follower.take({"cursor": "d", "elapsed": 30}, asked_at)
    assert await outcome(guard, issuer.token()) == "unavailable"
    follower.take({"cursor": "d", "elapsed": 3_596}, asked_at)
    assert await outcome(guard, issuer.token()) == "accepted"


async def test_a_message_that_is_cut_short_makes_nothing_fresh(issuer: FakeIssuer) -> None:
    guard = await issuer.synced(max_staleness=5)
    issuer.ticks.now += 6
    for message in (
        {"changes": [{"sid": "s2", "ver": 2, "ended": True}]},
        {"cursor": "d"},
        {"cursor": "d", "elapsed": "soon"},
        {"cursor": "d", "elapsed": 0, "changes": [{"sid": "s2"}]},
        {"cursor": "d", "elapsed": 0, "changes": 7},
    ):
        issuer.message = message
        await guard.catch_up()
        assert await outcome(guard, issuer.token()) == "unavailable", message
    issuer.tells()
    await guard.catch_up()
    assert issuer.cursors[-1] in ("c", "d")
    assert await outcome(guard, issuer.token()) == "accepted"


async def test_it_goes_on_where_it_was(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    for cursor in ("c1", "c2"):
        issuer.message = {"cursor": cursor, "elapsed": 0}
        await guard.catch_up()
    await guard.catch_up()
    assert issuer.cursors == ["", "c", "c1", "c2"]


async def test_a_token_from_before_is_asked_for_once(issuer: FakeIssuer) -> None:
    guard = issuer.guard()
    issuer.tells(reset=issuer.clock())
    await guard.catch_up()
    token = issuer.token()
    for _ in range(3):
        assert await outcome(guard, token) == "accepted"
    assert await outcome(guard, issuer.token(jti="refreshed")) == "accepted"
    assert issuer.asked.count("/oauth/introspect") == 1
    # the clocks of two nodes of the server may differ by so much
    issuer.clock.advance(600)
    assert await outcome(guard, issuer.token(sid="s2")) == "accepted"
    assert issuer.asked.count("/oauth/introspect") == 2
    issuer.clock.advance(1)
    assert await outcome(guard, issuer.token(sid="s3")) == "accepted"
    assert issuer.asked.count("/oauth/introspect") == 2


async def test_a_token_that_ended_before_is_refused(issuer: FakeIssuer) -> None:
    guard = issuer.guard()
    issuer.tells(reset=issuer.clock())
    await guard.catch_up()
    issuer.active = False
    for _ in range(3):
        assert await outcome(guard, issuer.token()) == "invalid_token"
    issuer.away = True
    assert await outcome(guard, issuer.token(sid="s2")) == "unavailable"


async def test_an_end_that_is_told_beside_a_confirmation_wins(issuer: FakeIssuer) -> None:
    guard = issuer.guard()
    issuer.tells(reset=issuer.clock())
    await guard.catch_up()
    message = {
        "changes": [{"sid": "s1", "ver": 2, "ended": True}],
        "cursor": "d",
        "elapsed": 0,
    }
    take = guard._follower.take
    issuer.on_introspect = lambda: take(message, issuer.ticks())
    assert await outcome(guard, issuer.token()) == "invalid_token"


async def test_after_a_gap_everything_is_confirmed_anew(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    token = issuer.token()
    assert await outcome(guard, token) == "accepted"
    assert "/oauth/introspect" not in issuer.asked
    issuer.tells(reset=issuer.clock())
    await guard.catch_up()
    issuer.active = False
    assert await outcome(guard, token) == "invalid_token"
    # a confirmation that was asked for before the gap says nothing of what came after it
    issuer.active = True
    issuer.on_introspect = lambda: guard._follower.take(
        {"reset": issuer.clock() + 1, "cursor": "e", "elapsed": 0}, issuer.ticks()
    )
    assert await outcome(guard, issuer.token(sid="s2")) == "accepted"
    issuer.active = False
    assert await outcome(guard, issuer.token(sid="s2", jti="again")) == "invalid_token"


async def test_what_was_confirmed_before_a_gap_is_asked_for_again(issuer: FakeIssuer) -> None:
    guard = issuer.guard()
    for active, expected in ((True, "accepted"), (False, "invalid_token")):
        issuer.tells(reset=issuer.clock())
        await guard.catch_up()
        issuer.active = active
        assert await outcome(guard, issuer.token(jti=expected)) == expected


async def test_a_clock_that_falls_back_brings_no_token_to_life(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    token = issuer.token()
    issuer.clock.advance(2 * bounds.RETAIN)
    assert await outcome(guard, token) == "invalid_token"
    issuer.clock.advance(-2 * bounds.RETAIN)
    issuer.active = False
    assert await outcome(guard, token) == "invalid_token"
    assert "/oauth/introspect" in issuer.asked


async def test_what_is_remembered_has_bounds(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST", 2)
    guard = await issuer.synced()
    sids = ("s1", "s2", "s3")
    issuer.tells(changes=[{"sid": sid, "ver": 2, "ended": True} for sid in sids])
    await guard.catch_up()
    issuer.active = False
    for sid in sids:
        assert await outcome(guard, issuer.token(sid=sid)) == "invalid_token"
    assert issuer.asked.count("/oauth/introspect") == 1  # of the one that was forgotten
    issuer.tells()
    issuer.ticks.now += bounds.RETAIN + 1
    await guard.catch_up()
    assert not guard._known._ended


async def test_many_requests_with_one_token_ask_once(issuer: FakeIssuer) -> None:
    guard = issuer.guard()
    issuer.tells(reset=issuer.clock())
    await guard.catch_up()
    token = issuer.token()
    await guard.check(issuer.token(sid="s0"), SCOPE)  # the keys are there
    found = await asyncio.gather(*(outcome(guard, token) for _ in range(20)))
    assert found == ["accepted"] * 20
    assert issuer.asked.count("/oauth/introspect") == 2
