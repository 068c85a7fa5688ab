"""What a guard keeps has an end, and what it cannot read teaches it nothing."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from doorward.resource import guard as guards
from doorward.resource import issuer as issuers
from doorward.resource import knowledge
from doorward.resource.fastapi import Resource
from doorward.resource.issuer import Issuer, IssuerUnavailable
from tests.resource.issuer import API, AUTH, ISSUER, SCOPE, FakeIssuer
from tests.resource.test_tokens import refusal
from tests.support.until import eventually

pytestmark = pytest.mark.anyio


async def test_of_many_tokens_the_latest_are_remembered(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "MOST_REMEMBERED", 2)
    guard = await issuer.synced()
    for number in range(4):
        await guard.check(issuer.token(jti=str(number)), SCOPE)
    assert len(guard._remembered) == 2


async def test_a_dead_token_is_asked_about_once(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "MOST_REMEMBERED", 2)
    guard = issuer.guard()
    issuer.tells(reset=issuer.clock())
    await guard.catch_up()
    issuer.active = False
    tokens = [issuer.token(jti=str(number), sid=f"s{number}") for number in range(4)]
    for token in tokens:
        assert await refusal(guard, token) == "invalid_token"
    before = len(issuer.asked)
    assert await refusal(guard, tokens[-1]) == "invalid_token"
    assert len(issuer.asked) == before
    assert len(guard._dead) == 2


async def test_of_many_confirmed_grants_the_oldest_is_asked_about_again(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowledge, "MOST", 2)
    guard = issuer.guard()
    issuer.tells(reset=issuer.clock())
    await guard.catch_up()
    tokens = [issuer.token(jti=str(number), sid=f"s{number}") for number in range(3)]
    for token in (*tokens, *tokens[1:]):
        await guard.check(token, SCOPE)
    assert issuer.asked.count("/oauth/introspect") == 3
    await guard.check(tokens[0], SCOPE)
    assert issuer.asked.count("/oauth/introspect") == 4


@pytest.mark.parametrize("published", [None, "keys", {}])
async def test_what_is_no_set_of_keys_is_no_answer(issuer: FakeIssuer, published: Any) -> None:
    guard = await issuer.synced()
    issuer.published = published
    assert await refusal(guard, issuer.token()) == "unavailable"


@pytest.mark.parametrize("text", ["[]", "{", '"x"', "[" * 9_000, '{"a": "%s"}' % ("x" * 99)])
async def test_an_answer_that_cannot_be_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers, "LONGEST_LINE", 100)
    answer = httpx2.Response(200, headers={"content-type": "application/json"}, text=text)
    asked = Issuer(ISSUER, *AUTH, httpx2.MockTransport(lambda _: answer))
    with pytest.raises(IssuerUnavailable):
        await asked.keys()
    await asked.close()
    await asked.close()


async def test_it_follows_the_server_while_the_application_runs(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "KEYS_BACK_OFF", 0.0)
    resource = Resource(API, issuer=ISSUER, client_id=AUTH[0], client_secret=AUTH[1])
    resource.guard = issuer.guard()
    issuer.tells(reset=0)
    issuer.away = True
    resource.guard._max_staleness = 0.01
    async with resource.lifespan(FastAPI()):
        await eventually(lambda: issuer.asked.count("/.well-known/jwks.json") >= 2)
        issuer.away = False
        await eventually(lambda: bool(resource.guard._keys))
