"""Which tokens an API believes, by the public keys alone."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from doorward.keys import base64url
from doorward.resource import Guard, Refused
from tests.resource.issuer import API, SCOPE, FakeIssuer, by_hand, public

pytestmark = pytest.mark.anyio


async def refusal(guard: Guard, token: str, scope: str = SCOPE) -> str:
    with pytest.raises(Refused) as refused:
        await guard.check(token, scope)
    assert len(token) < 99 or token not in str(refused.value) + refused.value.detail
    return refused.value.code


async def test_a_good_token_says_who_calls_for_whom(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    caller = await guard.check(issuer.token(), SCOPE)
    assert (caller.subject, caller.client_id, caller.sid) == ("ada", "printer", "s1")
    assert caller.scopes == {"photos:read", "photos:write"}
    assert (caller.audience, caller.expires_at) == (API, issuer.clock() + 300)
    assert issuer.asked == ["/oauth/changes", "/.well-known/jwks.json"]


WRONG: dict[str, dict[str, Any]] = {
    "iss": {"iss": "https://login.example/"},
    "aud of another API": {"aud": "https://api.example"},
    "aud is a list": {"aud": [API]},
    "no aud": {"aud": None},
    "a login of the application": {"grant": None, "roles": ["admin"]},
    "grant is false": {"grant": False},
    "grant is 1": {"grant": 1},
    "expired": {"exp": 1_800_000_000},
    "exp is missing": {"exp": None},
    "exp is a text": {"exp": "1900000000"},
    "exp is no whole number": {"exp": 1_900_000_000.5},
    "issued later": {"iat": 1_800_000_061},
    "not yet": {"nbf": 1_800_000_061},
    "lives too long": {"iat": 1_800_000_000 - 3_600},
    "iat is missing": {"iat": None},
    "sid is missing": {"sid": None},
    "ver is missing": {"ver": None},
    "sub is no text": {"sub": 7},
    "client_id is missing": {"client_id": None},
    "scope is a list": {"scope": [SCOPE]},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
async def test_a_token_with_a_wrong_claim_is_refused(
    issuer: FakeIssuer, claims: dict[str, Any]
) -> None:
    guard = await issuer.synced()
    assert await refusal(guard, issuer.token(**claims)) == "invalid_token"


HEADERS: dict[str, dict[str, Any]] = {
    "an ID token": {"typ": "JWT"},
    "no typ": {"typ": None},
    "typ in other letters": {"typ": "AT+JWT"},
    "no kid": {"kid": None},
    "an unknown kid": {"kid": "key-2"},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
async def test_a_token_with_a_wrong_header_is_refused(
    issuer: FakeIssuer, header: dict[str, Any]
) -> None:
    guard = await issuer.synced()
    assert await refusal(guard, issuer.signed(issuer.claims(), **header)) == "invalid_token"


async def test_no_algorithm_and_no_secret_pass_for_a_signature(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    head, payload, signature = issuer.token().split(".")
    for alg in ("none", "None", "ES256"):
        assert await refusal(guard, by_hand(issuer.claims(), alg=alg)) == "invalid_token"
    assert await refusal(guard, f"{head}.{payload}.") == "invalid_token"
    assert await refusal(guard, f"{head}.{payload}.{signature[:-8]}AAAAAAAA") == "invalid_token"
    # the public key, as everybody has it, as the secret of HS256
    for secret in (issuer.key.as_pem(private=False), b"x" * 32):
        forged = by_hand(issuer.claims(), secret, alg="HS256")
        assert await refusal(guard, forged) == "invalid_token"
    other = issuer.signed(issuer.claims(), ECKey.generate_key("P-256"))
    assert await refusal(guard, other) == "invalid_token"
    for odd in ("", "a", "a.b", "a.b.c", "ä.b.c", "." * 9, "x" * 5_000):
        assert await refusal(guard, odd) == "invalid_token"


async def test_keys_of_id_tokens_and_secrets_sign_no_access_token(issuer: FakeIssuer) -> None:
    rsa = RSAKey.generate_key(2048)
    issuer.published += [
        {**rsa.as_dict(private=False), "kid": "id.1"},
        {"kty": "oct", "k": base64url.encode(b"s" * 32).decode(), "kid": "s"},
        "nonsense",
        {"kty": "EC"},
    ]
    guard = await issuer.synced()
    await guard.check(issuer.token(), SCOPE)
    stolen = issuer.signed(issuer.claims(), rsa, alg="RS256", kid="id.1")
    assert await refusal(guard, stolen) == "invalid_token"
    known = by_hand(issuer.claims(), b"s" * 32, alg="HS256", kid="s")
    assert await refusal(guard, known) == "invalid_token"


async def test_an_unknown_key_is_asked_for_but_not_by_every_stranger(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    await guard.check(issuer.token(), SCOPE)
    later = ECKey.generate_key("P-256")
    issuer.published.append(public(later, "key-2"))
    token = issuer.signed(issuer.claims(), later, kid="key-2")
    before = len(issuer.asked)
    for _ in range(3):
        assert await refusal(guard, token) == "invalid_token"
    assert len(issuer.asked) == before
    issuer.ticks.now += 10
    await guard.catch_up()
    await guard.check(token, SCOPE)
    assert issuer.asked.count("/.well-known/jwks.json") == 2


async def test_the_last_good_keys_are_kept(issuer: FakeIssuer) -> None:
    guard = await issuer.synced(max_staleness=60)
    await guard.check(issuer.token(), SCOPE)
    for published in ([], [{"kty": "oct"}]):
        issuer.published, issuer.ticks.now = published, issuer.ticks.now + 10
        unknown = issuer.signed(issuer.claims(), kid="key-2")
        assert await refusal(guard, unknown) == "invalid_token"
    issuer.away = True
    await guard.check(issuer.token(jti="another"), SCOPE)


async def test_without_keys_nobody_is_called_a_forger(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    issuer.away = True
    assert await refusal(guard, issuer.token()) == "unavailable"


async def test_a_token_needs_each_scope(issuer: FakeIssuer) -> None:
    guard = await issuer.synced()
    token = issuer.token(scope="photos:read")
    await guard.check(token, "photos:read")
    assert await refusal(guard, token, "photos:write") == "insufficient_scope"
    assert await refusal(guard, token, "photos:read photos:write") == "insufficient_scope"
    assert await refusal(guard, issuer.token(scope=None)) == "insufficient_scope"
    with pytest.raises(ValueError, match="scope"):
        await guard.check(token, " ")


async def test_a_remembered_token_expires(issuer: FakeIssuer) -> None:
    guard = await issuer.synced(max_staleness=1_000)
    token = issuer.token()
    issuer.clock.advance(299)
    await guard.check(token, SCOPE)
    issuer.clock.advance(1)
    assert await refusal(guard, token) == "invalid_token"
