"""What is told of each act: exactly once, after it was done, and never a credential."""

from dataclasses import replace

import pytest

from doorward import Auth, Device, Event, Issued
from doorward.tokens import hash_secret, parse_refresh_token, parse_session_token
from doorward.types import EVENTS
from tests.core.scene import ROOT, House, log_in, refresh_token, refused

pytestmark = pytest.mark.anyio

LAPTOP, PHONE = Device("192.0.2.1", "Firefox", "laptop"), Device("192.0.2.2", "Safari", "phone")


def secret_of(issued: Issued) -> bytes:
    if issued.refresh_token is None:
        return parse_session_token(issued.credential).secret
    return parse_refresh_token(issued.refresh_token, ROOT.derive("refresh")).secret


async def everything(house: House, auth: Auth) -> list[Issued]:
    """One of each act, as far as the mode has it."""
    issued = [await log_in(auth, device=LAPTOP)]
    await refused(auth.authenticate("junk"))
    issued.append(await auth.elevate(await auth.authenticate(issued[-1].credential), device=PHONE))
    await auth.change("ann", roles=["editor"], scopes=["read"])
    if house.mode == "token":
        held = refresh_token(issued[-1])
        issued.append(await auth.refresh(held, PHONE))
        await auth.refresh(held, PHONE)
        house.clock.advance(301)
        await auth.refresh(held, PHONE)
        await refused(auth.refresh(refresh_token(issued[-1]), LAPTOP))
    issued.append(await log_in(auth, device=LAPTOP))
    await auth.logout(issued[-1].credential, device=PHONE)
    await auth.revoke(subject="ann")
    await auth.rotate_keys() if house.mode == "token" else None
    return issued


async def test_each_act_is_told_with_who_what_and_why(house: House) -> None:
    auth, begun = house.auth(), house.clock()
    one, *_, two = await everything(house, auth)
    sid, told = one.session.sid, house.told
    hers = Event(kind="", at=begun, subject="ann", sid=sid)
    later = house.clock()
    reader = frozenset({"editor"})
    refreshes = [
        replace(hers, kind="refreshed", reason="rotate", device=PHONE),
        replace(hers, kind="refreshed", reason="replay", device=PHONE),
        replace(hers, kind="refreshed", reason="rebranch", device=PHONE, at=later),
        replace(hers, kind="reused", device=LAPTOP, other=LAPTOP, sids=(sid,), at=later),
        replace(hers, kind="refused", at=later, reason="reused", device=LAPTOP),
    ]
    ended = () if house.mode == "token" else (sid,)
    second = Event(kind="", at=later, subject="ann", sid=two.session.sid)
    assert told == [
        replace(hers, kind="login", device=LAPTOP),
        Event(kind="refused", at=begun, reason="malformed"),
        replace(hers, kind="elevated", device=PHONE),
        Event(kind="changed", at=begun, subject="ann", sids=(sid,), roles=reader),
        *(refreshes if house.mode == "token" else []),
        replace(second, kind="login", device=LAPTOP),
        replace(second, kind="logout", device=PHONE, sids=(two.session.sid,)),
        Event(kind="revoked", at=later, subject="ann", sids=ended),
        *([Event(kind="key_rotated", at=later)] if house.mode == "token" else []),
    ]
    assert set(told.kinds) <= set(EVENTS)


async def test_no_event_holds_a_credential_or_a_secret_or_its_hash(house: House) -> None:
    for issued in await everything(house, house.auth()):
        secret = secret_of(issued) if issued.refresh_token or house.mode == "session" else b"\0"
        texts = [issued.credential, issued.refresh_token or issued.credential, secret.hex()]
        shown = "".join(map(repr, house.told))
        assert not any(text in shown for text in texts)
        assert repr(secret) not in shown
        assert repr(hash_secret(secret)) not in shown


async def test_what_was_told_has_happened_by_then(house: House) -> None:
    """Who is told that a session ended finds it ended."""
    seen: list[tuple[str, bool]] = []

    async def record(event: Event) -> None:
        for sid in event.sids or (event.sid,):
            row = await house.store.get(sid)
            seen.append((event.kind, row is not None and row.revoked_at is not None))

    auth = Auth(house.store, house.auth().settings, ROOT, clock=house.clock, record=record)
    one, two = await log_in(auth), await log_in(auth)
    await auth.logout(one.credential)
    await auth.revoke(sid=two.session.sid)
    assert seen == [("login", False), ("login", False), ("logout", True), ("revoked", True)]


async def test_those_who_record_nothing_need_not_say_so(house: House) -> None:
    auth = Auth(house.store, house.auth().settings, ROOT, clock=house.clock)
    issued = await log_in(auth)
    assert await auth.logout(issued.credential) == [issued.session.sid]


async def test_every_event_a_verb_can_tell_is_in_the_public_list() -> None:
    known = {
        "login",
        "granted",
        "issued",
        "refreshed",
        "reissued",
        "elevated",
        "logout",
        "revoked",
        "changed",
        "reused",
        "unsteady",
        "adopted",
        "refused",
        "key_rotated",
        "key_withdrawn",
    }
    assert known == set(EVENTS), (
        f"in tests/core/test_auth_events.py, in `known`: add {sorted(set(EVENTS) - known)};"
        f" in EVENTS of src/doorward/types.py: add {sorted(known - set(EVENTS))}"
    )


async def test_a_refused_refresh_tells_whose_it_was_only_if_its_secret_is_right(
    house: House,
) -> None:
    if house.mode != "token":
        return
    auth = house.auth()
    issued = await log_in(auth, device=LAPTOP)
    other = await log_in(auth, device=LAPTOP)
    token = refresh_token(issued)
    await auth.revoke(sid=issued.session.sid)
    house.told.clear()
    await refused(auth.refresh(token, PHONE))
    await refused(auth.refresh(token[:-4] + refresh_token(other)[-4:], PHONE))
    known, unknown = house.told
    assert (known.reason, known.subject, known.sid) == ("revoked", "ann", issued.session.sid)
    assert (unknown.kind, unknown.subject, unknown.sid) == ("refused", "", "")


async def test_a_session_ended_by_its_sid_is_told_with_whose_it_was(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    house.told.clear()
    await auth.revoke(sid=issued.session.sid)
    (told,) = house.told
    assert (told.kind, told.subject, told.sid) == ("revoked", "ann", issued.session.sid)
