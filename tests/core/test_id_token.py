"""ID tokens: what they say, who signs them, and that they are never an access token."""

import json
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward import ConfigurationError, Issued, Reason, Rejected, Settings
from doorward.access_token import read_access_token
from doorward.grants import Grants
from doorward.id_token import (
    MAX_NONCE_BYTES,
    IdToken,
    half_hash,
    mint_id_token,
    read_id_token,
)
from doorward.keys import Keyring, first_keys, rs256
from doorward.keys.base64url import decode
from doorward.keys.ring import LONGEST_TOKEN
from doorward.rules import checked_factors
from doorward.settings import (
    CLOCK_SKEW,
    ID_TOKEN_TTL,
    JWKS_MAX_AGE,
    MAX_FACTORS,
    MAX_GRANT_CHARACTERS,
)
from doorward.types import Line, SigningKey
from tests.core.scene import ROOT, House, log_in, refused, session

pytestmark = pytest.mark.anyio

generated = cache(lambda number, generate=rs256.generate: generate())


@pytest.fixture(autouse=True)
def same_rsa_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has the same two keys, because to make one takes a tenth of a second."""
    numbers = count()
    monkeypatch.setattr(rs256, "generate", lambda: generated(next(numbers) % 2))


NOW, APP, API = 2000, "https://app.example", "https://api.example"
SETTINGS = Settings(mode="token", public_origin=APP)
ROW = session(
    client_id="photos",
    audience=API,
    scopes=frozenset({"openid"}),
    amr=("pwd", "otp"),
    authenticated_at=1500,
)
ISSUED = Issued(session=ROW, mode="token", credential="an.access.token", credential_expires_at=NOW)
SAYS = IdToken("photos", "ann", ROW.sid, 1500, NOW + ID_TOKEN_TTL)
PLAIN: dict[str, Any] = {
    "iss": APP,
    "sub": "ann",
    "aud": "photos",
    "exp": NOW + ID_TOKEN_TTL,
    "iat": NOW,
    "auth_time": 1500,
    "sid": ROW.sid,
}
GONE = "<left out>"


@cache
def keys_of(algorithm: str, line: Line = "access") -> list[SigningKey]:
    """Those of RSA take a second."""
    return first_keys(algorithm, ROOT, 1000, line)


@cache
def ring_of(algorithm: str, second: bool = False) -> Keyring:
    more = keys_of("RS256", "id") if second else []
    return Keyring([*keys_of(algorithm), *more], ROOT, retain=360)


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(decode(token.split(".")[1].encode()))
    return found


def header_of(token: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(decode(token.split(".")[0].encode()))
    return found


def read(payload: object, now: int = NOW, **options: Any) -> IdToken:
    ring = ring_of("ES256")
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read_id_token(ring.sign(text, NOW, "JWT"), ring, SETTINGS, now, **options)


def reason_of(payload: object, now: int = NOW, **options: Any) -> Reason:
    with pytest.raises(Rejected) as refusal:
        read(payload, now, **options)
    return refusal.value.reason


# --- the claims -------------------------------------------------------------------------------


def test_it_says_who_logged_in_when_and_how_and_no_more() -> None:
    ring = ring_of("ES256")
    token = mint_id_token(ISSUED, ring, SETTINGS, NOW, nonce="n-0S6_WzA2Mj")
    assert claims_of(token) == {
        **PLAIN,
        "amr": ["pwd", "otp"],
        "nonce": "n-0S6_WzA2Mj",
        "at_hash": half_hash("an.access.token", "ES256"),
    }
    assert (header_of(token)["typ"], header_of(token)["alg"]) == ("JWT", "ES256")
    assert read_id_token(token, ring, SETTINGS, NOW) == SAYS


def test_what_is_not_known_is_left_out() -> None:
    plain = replace(ISSUED, session=replace(ROW, amr=()))
    token = mint_id_token(plain, ring_of("ES256"), SETTINGS, NOW)
    assert set(claims_of(token)) == {*PLAIN, "at_hash"}


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("first", ["ES256", "EdDSA", "RS256"])
@pytest.mark.parametrize("wanted", [None, "RS256"])
def test_another_library_verifies_it_with_the_published_keys(
    first: str, wanted: str | None
) -> None:
    ring = ring_of(first, second=first != "RS256")
    token = mint_id_token(ISSUED, ring, SETTINGS, NOW, algorithm=wanted)
    algorithm = wanted or first
    published: Any = json.loads(json.dumps(ring.jwks(NOW)))
    found = jwt.decode(token, KeySet.import_key_set(published), algorithms=[algorithm])
    assert found.header["alg"] == algorithm
    assert found.claims["at_hash"] == half_hash("an.access.token", algorithm)
    assert read_id_token(token, ring, SETTINGS, NOW) == SAYS


@pytest.mark.parametrize(
    ("token", "algorithm", "expected"),
    [
        # OpenID Connect Core, appendix A.3
        ("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256", "77QmUPtjPfzWtF2AnpK9RQ"),
        ("dNZX1hEZ9wBCzNL40Upu646bdzQA", "ES256", "wfgvmE9VxjAudsl9lc6TqA"),
        (
            "dNZX1hEZ9wBCzNL40Upu646bdzQA",
            "EdDSA",
            "8xltSlOGYrWy8W9yNvRlEth1i_bXW-JROWPLvCv5zog",
        ),
    ],
    ids=["RS256", "ES256", "EdDSA"],
)
def test_the_hash_of_the_access_token_is_the_one_that_clients_compute(
    token: str, algorithm: str, expected: str
) -> None:
    assert half_hash(token, algorithm) == expected


def test_the_longest_that_can_be_asked_for_is_read_back() -> None:
    quoted = '"' * MAX_GRANT_CHARACTERS  # each takes two bytes of JSON
    longest = replace(
        ROW,
        subject='"' * 128,
        client_id=quoted,
        amr=checked_factors([f"{n}" + "a" * 119 for n in range(MAX_FACTORS)]),
    )
    settings = Settings(mode="token", issuer='"' * 128, audience="a")
    nonce = "n" * (MAX_NONCE_BYTES - 2)
    ring = ring_of("ES256", second=True)
    token = mint_id_token(
        replace(ISSUED, session=longest), ring, settings, NOW, nonce=nonce, algorithm="RS256"
    )
    assert len(token) <= LONGEST_TOKEN
    assert read_id_token(token, ring, settings, NOW).client_id == quoted


@pytest.mark.parametrize(
    "nonce", ["", "n" * (MAX_NONCE_BYTES - 1), "\ud800"], ids=["empty", "long", "surrogate"]
)
def test_a_nonce_that_could_not_be_given_back_as_it_came_is_refused(nonce: str) -> None:
    with pytest.raises(ValueError, match=r"nonce|surrogates"):
        mint_id_token(ISSUED, ring_of("ES256"), SETTINGS, NOW, nonce=nonce)


def test_there_is_none_of_a_login_and_none_without_a_key() -> None:
    login = replace(ISSUED, session=replace(ROW, audience=""))
    with pytest.raises(ValueError, match="grant"):
        mint_id_token(login, ring_of("ES256"), SETTINGS, NOW)
    with pytest.raises(LookupError, match="RS256"):
        mint_id_token(ISSUED, ring_of("ES256"), SETTINGS, NOW, algorithm="RS256")


# --- reading it back ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"iss": "https://other.example"}, Reason.MALFORMED),
        ({"iss": GONE}, Reason.MALFORMED),
        ({"aud": ["photos"]}, Reason.MALFORMED),
        ({"aud": GONE}, Reason.MALFORMED),
        ({"sub": 7}, Reason.MALFORMED),
        ({"sid": None}, Reason.MALFORMED),
        ({"auth_time": 1500.5}, Reason.MALFORMED),
        ({"exp": "2300"}, Reason.MALFORMED),
        ({"iat": True}, Reason.MALFORMED),
        ({"iat": NOW + CLOCK_SKEW}, None),
        ({"iat": NOW + CLOCK_SKEW + 1}, Reason.EXPIRED),
        ({"exp": NOW + 1}, None),
        ({"exp": NOW}, Reason.EXPIRED),
    ],
    ids=str,
)
def test_odd_claims_under_our_own_signature(change: dict[str, Any], reason: Reason | None) -> None:
    claims = {name: value for name, value in (PLAIN | change).items() if value is not GONE}
    if reason is None:
        assert read(claims).subject == "ann"
    else:
        assert reason_of(claims) == reason
    if reason is not Reason.MALFORMED:
        assert read(claims, expired_too=True).subject == "ann"
    else:
        assert reason_of(claims, expired_too=True) == reason


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"\xff", b'{"sub":"bob",' + json.dumps(PLAIN)[1:].encode(), b"[" * 2000],
    ids=["empty", "list", "bytes", "twice", "deep"],
)
def test_a_payload_that_is_no_object_is_malformed(payload: bytes) -> None:
    assert reason_of(payload) == Reason.MALFORMED


def test_time_is_not_looked_at_where_a_past_one_is_good_enough() -> None:
    assert reason_of(PLAIN, NOW + ID_TOKEN_TTL) == Reason.EXPIRED
    assert read(PLAIN, NOW + 10**6, expired_too=True) == SAYS


# --- neither is ever the other ------------------------------------------------------------------


@pytest.mark.parametrize("line", ["access", "id"])
def test_an_id_token_is_never_an_access_token_and_the_reverse(line: Any) -> None:
    """With the claims of the other, and under each of our own keys."""
    ring = ring_of("ES256", second=True)
    both = {**PLAIN, "ver": 1, "jti": "x", "client_id": APP, "aud": APP}
    payload = json.dumps(both).encode()
    as_id = ring.sign(payload, NOW, "JWT", line)
    for grants in (False, True):
        with pytest.raises(Rejected, match="signature"):
            read_access_token(as_id, ring, SETTINGS, NOW, grants=grants, expired_too=True)
    as_access = ring.sign(payload, NOW)
    assert read_access_token(as_access, ring, SETTINGS, NOW).principal.subject == "ann"
    with pytest.raises(Rejected, match="signature"):
        read_id_token(as_access, ring, SETTINGS, NOW, expired_too=True)


def grants_of(house: House, **settings: Any) -> Grants:
    told = {"mode": "token", **settings}
    return Grants(house.store, Settings(**told), ROOT, clock=house.clock, record=house.told)


async def with_keys(house: House, keys: list[SigningKey]) -> None:
    """As somebody made them before."""
    await house.auth().signing.ring()
    for key in keys:
        await house.store.put_key(key)


async def granted(grants: Grants, client_id: str = "photos") -> Issued:
    attempt = await grants.attempt()
    return await attempt.begin("ann", client_id=client_id, audience=API, scopes=["openid"])


async def test_it_opens_nothing(house: House) -> None:
    await with_keys(house, keys_of("RS256", "id"))
    auth, grants = house.auth(), grants_of(house)
    issued, login = await granted(grants), await log_in(auth)
    for algorithm in (None, "RS256"):
        token = await grants.id_token(issued, algorithm=algorithm)
        assert await refused(auth.authenticate(token)) in (Reason.BAD_SIGNATURE, Reason.MALFORMED)
        assert await refused(grants.authenticate(token, API)) is Reason.BAD_SIGNATURE
        assert await refused(grants.authenticate(token, "photos")) is Reason.BAD_SIGNATURE
        assert await auth.logout(token) == []
        assert await grants.owner(token) is None
    for token in (issued.credential, login.credential, issued.refresh_token or ""):
        assert await refused(grants.read_id_token(token, expired_too=True)) in (
            Reason.BAD_SIGNATURE,
            Reason.MALFORMED,
        )


# --- the verbs ----------------------------------------------------------------------------------


async def test_it_tells_of_the_grant_and_can_be_read_long_after(token_house: House) -> None:
    await with_keys(token_house, keys_of("RS256", "id"))
    grants = grants_of(token_house, issuer=APP)
    issued = await granted(grants)
    tokens = [await grants.id_token(issued, nonce="n", algorithm=a) for a in (None, "RS256")]
    assert [header_of(token)["alg"] for token in tokens] == ["ES256", "RS256"]
    now = token_house.clock()
    for token in tokens:
        found = await grants.read_id_token(token)
        assert found == IdToken("photos", "ann", issued.session.sid, now, now + ID_TOKEN_TTL)
    token_house.clock.advance(ID_TOKEN_TTL)
    auth = token_house.auth()
    for _ in range(2):  # the keys that signed them are retired, and long unpublished
        await auth.rotate_keys()
        token_house.clock.advance(10**5)
    for token in tokens:
        assert await refused(grants.read_id_token(token)) is Reason.EXPIRED
        assert (await grants.read_id_token(token, expired_too=True)).sid == issued.session.sid
        await auth.withdraw_key(header_of(token)["kid"])
        late = grants.read_id_token(token, expired_too=True)
        assert await refused(late) is Reason.WITHDRAWN


async def test_keys_of_another_algorithm_are_made_once_and_published(
    session_house: House,
) -> None:
    auth = session_house.auth(grants=[Settings(mode="token")])
    assert auth.signs
    assert not session_house.auth().signs
    grants, elsewhere = grants_of(session_house), grants_of(session_house)
    for one in (grants, elsewhere):  # both have loaded the keys
        await granted(one)
    assert {key["alg"] for key in (await auth.jwks())["keys"]} == {"ES256"}
    for one in (grants, grants, elsewhere):
        await one.add_algorithm("ES256")
        await one.add_algorithm("RS256")
    keys = (await auth.jwks())["keys"]
    assert [key["alg"] for key in keys] == ["ES256", "ES256", "RS256", "RS256"]
    token = await elsewhere.id_token(await granted(elsewhere), algorithm="RS256")
    assert header_of(token)["kid"] in {key["kid"] for key in keys}
    with pytest.raises(ConfigurationError, match="EdDSA"):
        await grants.add_algorithm("EdDSA")


async def test_no_id_token_is_signed_with_a_key_that_was_withdrawn_elsewhere(
    token_house: House,
) -> None:
    grants, auth = grants_of(token_house), token_house.auth()
    issued = await granted(grants)
    lost = header_of(await grants.id_token(issued))["kid"]
    await auth.withdraw_key(lost)
    token = await grants.id_token(issued)
    assert header_of(token)["kid"] != lost
    assert (await grants.read_id_token(token)).sid == issued.session.sid


async def test_a_retired_key_is_published_for_as_long_as_grants_need_it(
    token_house: House,
) -> None:
    auth = token_house.auth(access_ttl=60, grants=[Settings(mode="token", access_ttl=900)])
    retired = (await auth.jwks())["keys"][0]["kid"]
    await auth.rotate_keys()
    for later, published in ((JWKS_MAX_AGE + 900 + CLOCK_SKEW, True), (1, False)):
        token_house.clock.advance(later)
        assert (retired in {key["kid"] for key in (await auth.jwks())["keys"]}) is published


async def test_where_access_tokens_have_that_algorithm_no_other_keys_are_made(
    token_house: House,
) -> None:
    assert await token_house.store.put_first_keys(keys_of("RS256"))
    grants = grants_of(token_house)
    token = await grants.id_token(await granted(grants), algorithm="RS256")
    assert len(await token_house.store.keys()) == 2
    assert "." not in header_of(token)["kid"]
