"""Logging in: always a new session, never one that a client brought."""

from base64 import urlsafe_b64encode
from dataclasses import astuple
from typing import Any

import pytest

from doorward import Device, Principal, Reason, StoreUnavailable
from doorward.settings import DAY, MAX_FACTORS, MAX_ID_CHARACTERS, MAX_ROLE_BYTES
from doorward.tokens import mint_session_token, new_secret, new_sid
from tests.core.between import Faulty
from tests.core.scene import House, log_in, refused, row_of

pytestmark = pytest.mark.anyio

PHONE = Device("192.0.2.7", "Firefox", "phone")


async def test_a_login_keeps_what_the_application_said(house: House) -> None:
    auth = house.auth()
    issued = await log_in(
        auth,
        "ann",
        roles=["editor"],
        scopes=["read"],
        amr=["pwd", "otp"],
        device=PHONE,
        client_id="app",
        attributes={"theme": "dark"},
    )
    row, now = await row_of(auth, issued), house.clock()
    assert row == issued.session
    assert (row.subject, row.mode, row.client_id) == ("ann", house.mode, "app")
    assert (row.roles, row.scopes) == (frozenset({"editor"}), frozenset({"read"}))
    assert row.amr == ("pwd", "otp")
    assert (row.device, row.attributes) == (PHONE, {"theme": "dark"})
    assert {row.created_at, row.authenticated_at, row.seen_at, row.rotated_at} == {now}
    assert (row.expires_at, row.ends_at) == (now + 30 * DAY, now + 14 * DAY)
    assert await auth.authenticate(issued.credential) == Principal(
        subject="ann",
        sid=row.sid,
        mode=house.mode,
        roles=frozenset({"editor"}),
        scopes=frozenset({"read"}),
        amr=("pwd", "otp"),
        authenticated_at=now,
        client_id="app",
    )


@pytest.mark.parametrize("said", ["", "shop"])
async def test_the_application_itself_is_no_client_by_whatever_name(
    house: House, said: str
) -> None:
    auth = house.auth(audience="shop")
    issued = await log_in(auth, client_id=said)
    assert issued.session.client_id == ""
    assert (await auth.authenticate(issued.credential)).client_id == ""


async def test_a_session_shorter_than_its_idle_time_ends_with_its_lifetime(house: House) -> None:
    issued = await log_in(house.auth(absolute_ttl=100))
    assert issued.session.ends_at == issued.session.expires_at == house.clock() + 100


async def test_no_two_logins_share_a_sid_a_secret_or_a_credential(house: House) -> None:
    auth = house.auth()
    issued = [await log_in(auth) for _ in range(20)]
    assert len({each.session.sid for each in issued}) == 20
    assert len({each.session.secret_hash for each in issued}) == 20
    assert len({each.credential for each in issued}) == 20


async def test_what_a_client_planted_before_the_login_opens_nothing_after_it(
    house: House,
) -> None:
    auth = house.auth()
    planted = mint_session_token(new_sid(), new_secret())
    issued = await log_in(auth, replaces=[planted, "dws_", "nonsense", "a.b.c"])
    assert issued.session.sid not in planted
    assert await refused(auth.authenticate(planted)) in (Reason.UNKNOWN, Reason.MALFORMED)
    assert (await auth.authenticate(issued.credential)).subject == "ann"


async def test_an_old_session_presented_at_login_is_ended_and_never_reused(house: House) -> None:
    auth = house.auth()
    old = await log_in(auth, roles=["admin"])
    new = await log_in(auth, "bob", replaces=[old.credential])
    assert new.session.sid != old.session.sid
    assert new.session.roles == frozenset()
    assert await refused(auth.authenticate(old.credential)) is Reason.REVOKED
    assert (await auth.authenticate(new.credential)).subject == "bob"
    assert house.told.kinds == ["login", "logout", "login", "refused"]


async def test_nothing_that_is_stored_or_told_is_a_working_credential(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth, roles=["editor"], device=PHONE, attributes={"note": "x"})
    stored = [*astuple(await row_of(auth, issued)), *map(astuple, await auth.signing.keys())]
    stored += [astuple(event) for event in house.told]
    for text in spellings(stored):
        for prefix in ("", "dws_", "dwr_"):
            await refused(auth.authenticate(prefix + text))
            await refused(auth.refresh(prefix + text))


def spellings(values: Any) -> set[str]:
    """Every value inside, as text, hexadecimal and base64url."""
    if isinstance(values, bytes):
        return {values.hex(), urlsafe_b64encode(values).decode()}
    if isinstance(values, list | tuple | frozenset | dict):
        return set().union(*map(spellings, values))
    return {str(values)}


@pytest.mark.parametrize(
    "facts",
    [
        {"roles": "admin"},
        {"roles": ["a b"]},
        {"roles": ["x" * 2000]},
        {"scopes": ["x" * 2000]},
        {"attributes": {"note": "x" * 2000}},
        {"attributes": {"note": 1.5}},
    ],
)
async def test_facts_that_could_not_be_kept_are_refused_and_nothing_is_stored(
    house: House, facts: dict[str, Any]
) -> None:
    auth = house.auth()
    with pytest.raises(ValueError, match=r"role|attributes"):
        await log_in(auth, **facts)
    assert await auth.sessions() == []
    assert house.told == []


@pytest.mark.parametrize(
    "facts",
    [
        {"subject": ""},
        {"subject": "s" * (MAX_ID_CHARACTERS + 1)},
        {"subject": "a\nb"},
        {"subject": "\N{SNOWMAN}"},
        {"client_id": "c" * (MAX_ID_CHARACTERS + 1)},
        {"amr": "otp"},
        {"amr": ["pwd"] * (MAX_FACTORS + 1)},
    ],
)
async def test_names_that_would_not_survive_a_token_begin_no_session(
    house: House, facts: dict[str, Any]
) -> None:
    auth = house.auth()
    with pytest.raises(ValueError, match=r"an id is|not one string|factors"):
        await (await auth.attempt()).login(**{"subject": "ann", **facts})
    assert await auth.sessions() == []


async def test_the_longest_names_together_fit_an_access_token(token_house: House) -> None:
    auth = token_house.auth()
    half = "r" * (MAX_ROLE_BYTES - 4)
    issued = await (await auth.attempt()).login(
        "s" * MAX_ID_CHARACTERS,
        client_id="c" * MAX_ID_CHARACTERS,
        roles=[half],
        scopes=[half],
        amr=["user"] * MAX_FACTORS,
    )
    assert (await auth.authenticate(issued.credential)).roles == {half}


async def test_a_login_whose_token_would_not_fit_leaves_no_session_behind(
    token_house: House,
) -> None:
    auth, most = token_house.auth(), ["n" * 996]
    with pytest.raises(ValueError, match="does not fit"):
        await log_in(auth, roles=most, scopes=most, amr=most)
    assert await auth.sessions() == []


@pytest.mark.parametrize("call", range(1, 8))
async def test_a_login_that_cannot_sign_leaves_no_session_behind(
    token_house: House, call: int
) -> None:
    faulty = Faulty(token_house.store)
    auth = token_house.auth(store=faulty.backend)
    faulty.arm(call)
    try:
        await log_in(auth)
    except StoreUnavailable:
        assert await token_house.store.sessions(None, token_house.clock()) == []
    else:
        assert call > len(faulty.calls)


# --- how many at once -----------------------------------------------------------------------------


async def test_one_login_too_many_ends_the_least_active(house: House) -> None:
    auth = house.auth(max_sessions=2)
    first, second = await log_in(auth), await log_in(auth)
    house.clock.advance(1)
    third = await log_in(auth)
    ended = {
        each.session.sid
        for each in (first, second, third)
        if (await row_of(auth, each)).revoked_at is not None
    }
    assert len(ended) == 1
    assert third.session.sid not in ended
    assert len(await auth.sessions("ann")) == 2
    assert (await log_in(auth, "bob")).session.subject == "bob"
    assert len(await auth.sessions("ann")) == 2


async def test_or_it_is_refused_and_those_that_are_there_stay(house: House) -> None:
    auth = house.auth(max_sessions=1, end_oldest=False)
    first = await log_in(auth)
    assert await refused(log_in(auth)) is Reason.TOO_MANY_SESSIONS
    assert (await auth.authenticate(first.credential)).subject == "ann"
    assert [(event.kind, event.reason) for event in house.told] == [
        ("login", ""),
        ("refused", "too_many_sessions"),
    ]
    again = await log_in(auth, replaces=[first.credential])
    assert [row.sid for row in await auth.sessions("ann")] == [again.session.sid]


async def test_the_ended_make_room(house: House) -> None:
    auth = house.auth(max_sessions=1, end_oldest=False)
    first = await log_in(auth)
    await auth.revoke(sid=first.session.sid)
    second = await log_in(auth)
    house.clock.advance(15 * DAY)
    third = await log_in(auth)
    assert [row.sid for row in await auth.sessions("ann")] == [third.session.sid]
    assert second.session.sid != third.session.sid


# --- sessions that hang on another ----------------------------------------------------------------


async def test_a_session_under_another_ends_with_it(house: House) -> None:
    auth = house.auth()
    parent = await log_in(auth)
    child = await log_in(auth, "ann", parent_sid=parent.session.sid)
    gone = await auth.revoke(sid=parent.session.sid)
    assert set(gone) == {parent.session.sid, child.session.sid}
    assert await refused(auth.authenticate(child.credential)) is Reason.REVOKED


async def test_no_session_begins_under_one_that_is_over(house: House) -> None:
    auth = house.auth()
    parent = await log_in(auth)
    await auth.revoke(sid=parent.session.sid)
    assert await refused(log_in(auth, parent_sid=parent.session.sid)) is Reason.SUPERSEDED
    assert await refused(log_in(auth, parent_sid=new_sid())) is Reason.SUPERSEDED
    assert await auth.sessions() == []


@pytest.mark.parametrize("odd", ["\0", "a\0b", "\ud800", "a" * 1_000_000])
async def test_what_is_no_subject_is_refused_alike_by_every_verb_and_as_a_sid_is_nobodys(
    house: House, odd: str
) -> None:
    auth = house.auth()
    attempt = await auth.attempt()
    for verb in (
        attempt.login(odd),
        auth.revoke(subject=odd),
        auth.change(odd, roles=["editor"]),
        auth.sessions(odd),
    ):
        with pytest.raises(ValueError, match="an id is 1 to 128 printable ASCII characters"):
            await verb
    if odd.isascii():  # half a pair of surrogates is no text at all
        assert await auth.session(odd) is None
        assert await auth.revoke(sid=odd) == []
    assert house.told == []


@pytest.mark.parametrize("subject", [42, None, b"ann", ("ann",)])
async def test_a_subject_that_is_no_string_is_refused_before_anything_is_done(
    house: House, subject: Any
) -> None:
    auth = house.auth()
    with pytest.raises(TypeError, match="a subject is a string"):
        await (await auth.attempt()).login(subject)
    with pytest.raises(TypeError, match="a subject is a string"):
        await auth.change(subject, roles=["editor"])
    if subject is not None:
        with pytest.raises(TypeError, match="a subject is a string"):
            await auth.revoke(subject=subject)
        with pytest.raises(TypeError, match="a subject is a string"):
            await auth.sessions(subject)
    assert house.told == []
