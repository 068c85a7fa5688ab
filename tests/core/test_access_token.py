"""Access tokens: what the claims must say, whoever signed them with our own key."""

import json
from functools import cache
from typing import Any

import pytest

from doorward import ConfigurationError, Reason, Rejected, Settings
from doorward.access_token import MAX_BYTES, Claims, mint_access_token, read_access_token
from doorward.keys import Keyring, first_keys
from doorward.keys.base64url import decode
from doorward.settings import CLOCK_SKEW, DAY, MAX_NAME_BYTES, MAX_ROLE_BYTES
from doorward.types import Principal
from tests.core.scene import ROOT, session

NOW = 2000
APP = "https://app.example"
SETTINGS = Settings(mode="token", public_origin=APP, algorithm="ES256")
RING = Keyring(first_keys("ES256", ROOT, 1000), ROOT, retain=360)
ROW = session(
    roles=frozenset({"editor", "admin"}),
    scopes=frozenset({"read", "write"}),
    amr=("pwd", "otp"),
    client_id="phone",
    authenticated_at=1500,
    ver=7,
)
PLAIN: dict[str, Any] = {
    "iss": APP,
    "aud": APP,
    "sub": "ann",
    "sid": ROW.sid,
    "ver": 1,
    "exp": NOW + 300,
    "iat": NOW,
    "jti": "x",
    "client_id": APP,
    "auth_time": 1000,
}
GONE = object()


def read(payload: object, **options: Any) -> Claims:
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read_access_token(RING.sign(text, NOW), RING, SETTINGS, NOW, **options)


def reason_of(payload: object, **options: Any) -> Reason:
    with pytest.raises(Rejected) as refused:
        read(payload, **options)
    return refused.value.reason


def test_a_minted_token_reads_back_as_the_session_it_stands_for() -> None:
    token, expires_at = mint_access_token(ROW, RING, SETTINGS, NOW)
    assert expires_at == NOW + 300
    assert read_access_token(token, RING, SETTINGS, NOW) == Claims(
        Principal(
            subject="ann",
            sid=ROW.sid,
            mode="token",
            roles=ROW.roles,
            scopes=ROW.scopes,
            amr=("pwd", "otp"),
            authenticated_at=1500,
            client_id="phone",
        ),
        ver=7,
        expires_at=NOW + 300,
    )


def test_a_token_says_what_rfc_9068_asks_and_nothing_personal() -> None:
    token, _ = mint_access_token(ROW, RING, SETTINGS, NOW)
    header, payload, _ = token.encode().split(b".")
    claims = json.loads(decode(payload))
    assert json.loads(decode(header))["typ"] == "at+jwt"
    assert claims.pop("jti")
    assert claims == {
        "iss": APP,
        "aud": APP,
        "sub": "ann",
        "sid": ROW.sid,
        "ver": 7,
        "exp": NOW + 300,
        "iat": NOW,
        "client_id": "phone",
        "auth_time": 1500,
        "roles": ["admin", "editor"],
        "scope": "read write",
        "amr": ["pwd", "otp"],
    }


def test_no_two_tokens_are_alike() -> None:
    assert len({mint_access_token(ROW, RING, SETTINGS, NOW)[0] for _ in range(50)}) == 50


def test_a_token_with_nothing_to_say_about_roles_leaves_them_out() -> None:
    token, _ = mint_access_token(session(), RING, SETTINGS, NOW)
    claims = json.loads(decode(token.encode().split(b".")[1]))
    assert {"roles", "scope", "amr"}.isdisjoint(claims)
    assert claims["client_id"] == APP
    assert read_access_token(token, RING, SETTINGS, NOW).principal.roles == frozenset()


def test_a_token_never_outlives_its_session() -> None:
    _, expires_at = mint_access_token(session(ends_at=NOW + 7), RING, SETTINGS, NOW)
    assert expires_at == NOW + 7


@cache
def ring_of(algorithm: str) -> Keyring:
    return Keyring(first_keys(algorithm, ROOT, 1000), ROOT, retain=360)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_the_most_roles_and_scopes_allowed_fit_a_cookie_under_every_algorithm(
    algorithm: str,
) -> None:
    full = frozenset({"é" * ((MAX_ROLE_BYTES - 4) // 6)})
    row = session(subject="u_" + "0" * 32, roles=full, scopes=full, amr=("pwd", "otp"))
    settings = Settings(mode="token", public_origin="https://accounts.shop.example:8443")
    assert len(mint_access_token(row, ring_of(algorithm), settings, NOW)[0]) <= MAX_BYTES


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_the_longest_names_of_an_issuer_and_audience_leave_room_for_the_most_roles(
    algorithm: str,
) -> None:
    room = MAX_NAME_BYTES[algorithm]
    full = frozenset({"é" * ((MAX_ROLE_BYTES - 4) // 6)})
    row = session(subject="u_" + "0" * 32, roles=full, scopes=full, amr=("pwd", "otp"))
    audience = "a" * min(128, (room - 20) // 2)
    settings = Settings(mode="token", algorithm=algorithm, issuer="i" * 20, audience=audience)
    assert len(mint_access_token(row, ring_of(algorithm), settings, NOW)[0]) <= MAX_BYTES


@pytest.mark.parametrize(("issuer", "audience"), [("i", "a" * 128), ("i" * 128, None)])
def test_names_that_leave_no_room_for_roles_are_refused(issuer: str, audience: str | None) -> None:
    with pytest.raises(ConfigurationError, match="leave no room for roles"):
        Settings(mode="token", algorithm="RS256", issuer=issuer, audience=audience)


def test_a_token_that_would_not_fit_a_cookie_is_not_minted() -> None:
    with pytest.raises(ValueError, match="does not fit a cookie"):
        mint_access_token(session(subject="s" * 3000), RING, SETTINGS, NOW)


def test_plain_claims_pass() -> None:
    assert read(PLAIN).principal.subject == "ann"


@pytest.mark.parametrize("name", [name for name in PLAIN if name != "jti"])
def test_no_claim_may_be_missing_or_null(name: str) -> None:
    assert reason_of({key: value for key, value in PLAIN.items() if key != name}) is (
        Reason.MALFORMED
    )
    assert reason_of({**PLAIN, name: None}) is Reason.MALFORMED


@pytest.mark.parametrize("name", ["exp", "iat", "nbf", "auth_time", "ver"])
@pytest.mark.parametrize(
    "value", ["2300", "", 2300.0, 2300.5, True, False, None, [2300], {"a": 1}, "9" * 30]
)
def test_a_time_is_a_whole_number_and_nothing_like_one(name: str, value: Any) -> None:
    assert reason_of({**PLAIN, name: value}) is Reason.MALFORMED


@pytest.mark.parametrize("name", ["exp", "iat", "nbf", "auth_time", "ver"])
@pytest.mark.parametrize(
    "written", [b"1e309", b"-1e309", b"2.3e3", b"NaN", b"Infinity", b"1" + b"0" * 2000 + b".0"]
)
def test_a_number_that_only_some_readers_understand_is_refused(name: str, written: bytes) -> None:
    text = json.dumps({**PLAIN, name: "HERE"}).encode().replace(b'"HERE"', written)
    assert reason_of(text) is Reason.MALFORMED


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW + 1}, None),
        ({"exp": NOW}, Reason.EXPIRED),
        ({"exp": NOW - 1}, Reason.EXPIRED),
        ({"exp": 0}, Reason.EXPIRED),
        ({"exp": -1}, Reason.EXPIRED),
        ({"exp": -(10**30)}, Reason.EXPIRED),
        ({"iat": NOW + CLOCK_SKEW}, None),
        ({"iat": NOW + CLOCK_SKEW + 1}, Reason.EXPIRED),
        ({"iat": 10**30}, Reason.EXPIRED),
        ({"iat": -1}, Reason.EXPIRED),
        ({"iat": NOW - SETTINGS.access_ttl + 1, "exp": NOW + DAY}, None),
        ({"iat": NOW - SETTINGS.access_ttl, "exp": NOW + DAY}, Reason.EXPIRED),
        ({"iat": NOW - SETTINGS.access_ttl, "exp": 10**400}, Reason.EXPIRED),
        ({"nbf": NOW + CLOCK_SKEW}, None),
        ({"nbf": NOW + CLOCK_SKEW + 1}, Reason.EXPIRED),
    ],
)
def test_a_token_is_good_from_a_minute_before_it_begins_until_it_expires(
    claims: dict[str, int], reason: Reason | None
) -> None:
    if reason is None:
        assert read({**PLAIN, **claims}).principal.subject == "ann"
    else:
        assert reason_of({**PLAIN, **claims}) is reason


@pytest.mark.parametrize("claims", [{"exp": 0}, {"iat": NOW + 9999}, {"nbf": NOW + 9999}])
def test_out_of_its_time_it_still_says_whose_it_was_to_whom_asks_for_that(
    claims: dict[str, int],
) -> None:
    assert read({**PLAIN, **claims}, expired_too=True).principal.sid == ROW.sid


def test_asking_for_expired_tokens_too_lets_nothing_else_pass() -> None:
    assert reason_of({**PLAIN, "aud": "other"}, expired_too=True) is Reason.MALFORMED
    assert reason_of({**PLAIN, "exp": "0"}, expired_too=True) is Reason.MALFORMED


WRONG_NAMES = [
    "https://other.example",
    "",
    APP + "/",
    APP[:-1],
    APP + ".evil.test",
    APP.upper(),
    " " + APP,
    APP + "\n",
    APP + "\u0000",
    [APP],
    [APP, "other"],
    [],
    {},
    {APP: 1},
    None,
    True,
    0,
]


@pytest.mark.parametrize("value", WRONG_NAMES)
@pytest.mark.parametrize("name", ["iss", "aud"])
def test_issuer_and_audience_are_ours_to_the_letter(name: str, value: Any) -> None:
    assert reason_of({**PLAIN, name: value}) is Reason.MALFORMED


def test_an_issuer_is_no_audience_where_they_differ() -> None:
    login, api = "https://login.example", "https://api.example"
    settings = Settings(mode="token", issuer=login, audience=api)
    token, _ = mint_access_token(ROW, RING, settings, NOW)
    claims = json.loads(decode(token.encode().split(b".")[1]))
    assert (claims["iss"], claims["aud"]) == (login, api)
    assert read_access_token(token, RING, settings, NOW).principal.subject == "ann"
    swapped = json.dumps({**claims, "iss": api, "aud": login}).encode()
    with pytest.raises(Rejected) as refused:
        read_access_token(RING.sign(swapped, NOW), RING, settings, NOW)
    assert refused.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("value", [1, True, None, [], {}, ["ann"], 1.0])
@pytest.mark.parametrize("name", ["sub", "sid", "client_id", "scope"])
def test_a_name_is_a_string(name: str, value: Any) -> None:
    assert reason_of({**PLAIN, name: value}) is Reason.MALFORMED


@pytest.mark.parametrize("value", ["admin", 1, True, None, {}, {"admin": 1}, [1], [["admin"]]])
@pytest.mark.parametrize("name", ["roles", "amr"])
def test_roles_and_factors_are_lists_of_strings(name: str, value: Any) -> None:
    assert reason_of({**PLAIN, name: value}) is Reason.MALFORMED


@pytest.mark.parametrize("name", list(PLAIN))
def test_a_claim_that_stands_twice_is_refused_even_if_both_say_the_same(name: str) -> None:
    text = json.dumps(PLAIN)
    again = json.dumps({name: PLAIN[name]})[1:-1]
    assert reason_of(f"{text[:-1]}, {again}}}".encode()) is Reason.MALFORMED


def test_a_name_that_stands_twice_anywhere_inside_is_refused() -> None:
    text = json.dumps({**PLAIN, "x": "HERE"}).replace('"HERE"', '[{"a": 1, "a": 2}]')
    assert reason_of(text.encode()) is Reason.MALFORMED


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"ann"',
        b"1",
        b"{",
        b"{}",
        b"\xff\xfe",
        "\ufeff{}".encode(),
        json.dumps(PLAIN).encode("utf-16"),
        b"[" * 2800,
        b'{"a":' * 500,
        json.dumps(PLAIN).encode() + b"x",
        b"9" * 2800,
    ],
)
def test_a_payload_that_is_no_object_of_json_is_malformed(payload: bytes) -> None:
    assert reason_of(payload) is Reason.MALFORMED


def test_claims_we_do_not_know_change_nothing() -> None:
    assert read({**PLAIN, "admin": True, "crit": ["exp"]}) == read(PLAIN)


def test_a_token_of_another_doorward_with_the_same_names_is_refused() -> None:
    other = Keyring(first_keys("ES256", ROOT, 1000), ROOT, retain=360)
    token = other.sign(json.dumps(PLAIN).encode(), NOW)
    with pytest.raises(Rejected) as refused:
        read_access_token(token, RING, SETTINGS, NOW)
    assert refused.value.reason is Reason.BAD_SIGNATURE
