"""The strings of a session, minted and read."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from doorward import Reason
from doorward.credentials import claimed_sid
from doorward.tokens import RefreshToken, mint_refresh_token, mint_session_token, new_secret
from tests.core.scene import House, log_in, refresh_token, refused

pytestmark = pytest.mark.anyio

SID = "0f" * 16


async def test_what_a_login_gives_out_is_of_its_mode(house: House) -> None:
    issued = await log_in(house.auth())
    if house.mode == "session":
        assert issued.credential.startswith("dws_")
        assert issued.refresh_token is None
        assert issued.credential_expires_at == issued.session.ends_at
    else:
        assert issued.credential.count(".") == 2
        assert refresh_token(issued).startswith("dwr_")
        assert issued.credential_expires_at == house.clock() + 300


async def test_every_credential_tells_which_session_it_is_of_however_old_it_is(
    house: House,
) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    house.clock.advance(10**8)
    for credential in filter(None, (issued.credential, issued.refresh_token)):
        assert await auth.sid_of(credential) == issued.session.sid


async def test_what_was_never_issued_tells_nothing(house: House) -> None:
    auth = house.auth()
    token = RefreshToken(SID, 0, 0, new_secret())
    forged = mint_refresh_token(token, (b"another root key" * 2,))
    assert await refused(auth.sid_of(forged)) is Reason.BAD_SIGNATURE
    for junk in ("", "x", "dws_x", "dwr_x", "a.b.c"):
        assert await refused(auth.sid_of(junk)) in (Reason.MALFORMED, Reason.BAD_SIGNATURE)
    # a session token has no MAC: its sid is a claim until the row is read
    assert await auth.sid_of(mint_session_token(SID, new_secret())) == SID


async def test_the_sid_a_token_claims_can_be_compared_without_proving_it(
    token_house: House,
) -> None:
    issued = await log_in(token_house.auth())
    claimed = {claimed_sid(issued.credential), claimed_sid(refresh_token(issued))}
    assert claimed == {issued.session.sid}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "..",
        "a.b.c",
        "a.é.c",
        "dwr_é",
        "dwr_AAA",
        "a." + urlsafe_b64encode(b"[1]").decode() + ".c",
        "a." + urlsafe_b64encode(b"{}").decode() + ".c",
        "a." + urlsafe_b64encode(b"1").decode() + ".c",
        "a." + urlsafe_b64encode(b"\xff\xff").decode() + ".c",
        "a." + urlsafe_b64encode(b"[" * 100_000).decode() + ".c",
    ],
)
def test_a_string_that_claims_no_sid_claims_none(text: str) -> None:
    assert claimed_sid(text) is None


def test_a_claimed_sid_is_what_the_payload_says() -> None:
    payload = urlsafe_b64encode(json.dumps({"sid": SID}).encode()).decode().rstrip("=")
    assert claimed_sid(f"a.{payload}.c") == SID


@pytest.mark.parametrize("spelled", ["{0}=", "{0} ", "{0}\n", "{1}"])
def test_a_sid_in_another_spelling_is_claimed_by_nobody(spelled: str) -> None:
    payload = urlsafe_b64encode(json.dumps({"sid": SID}).encode()).decode().rstrip("=")
    loose = payload[:-1] + chr(ord(payload[-1]) + 1)  # its last bits say nothing
    assert urlsafe_b64decode(loose + "==") == urlsafe_b64decode(payload + "==")
    assert claimed_sid(f"a.{payload}.c") == SID
    assert claimed_sid(f"a.{spelled.format(payload, loose)}.c") is None
    token = mint_refresh_token(RefreshToken(SID, 0, 0, new_secret()), (b"k" * 32,))
    assert claimed_sid(token) == SID
    assert claimed_sid(spelled.format(token, token[:-1] + "~")) is None
