"""Tokens that are bound to a key of the application (RFC 9449), over HTTP."""

from asyncio import gather
from typing import Any

import httpx2
import pytest

from doorward.dpop import ALGORITHMS, REMEMBERED
from tests.proving import Prover
from tests.server.house import House, Opened
from tests.server.third_party import API, VERIFIER, Application, application, said

pytestmark = pytest.mark.anyio

SCOPES = ("openid", "offline_access", "photos:read")


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    return await application(house, "public", scopes=SCOPES)


def proof(house: House, prover: Prover, path: str = "/oauth/token", **more: Any) -> dict[str, str]:
    method = more.pop("method", "POST")
    address = house.service.provider.issuer + path
    return {"dpop": prover.proof(method, address, house.clock(), **more)}


async def token(app: Application, headers: dict[str, str], **form: str) -> httpx2.Response:
    client = await app.house.client()
    return await client.post("/oauth/token", data={**app.credentials(), **form}, headers=headers)


async def redeem(app: Application, code: str, headers: dict[str, str]) -> httpx2.Response:
    uri = app.client.redirect_uris[0]
    more = {"code": code, "redirect_uri": uri, "code_verifier": VERIFIER}
    return await token(app, headers, grant_type="authorization_code", **more)


async def refresh(app: Application, shown: str, headers: dict[str, str]) -> httpx2.Response:
    return await token(app, headers, grant_type="refresh_token", refresh_token=shown)


async def bound(app: Application, prover: Prover, **asked: str) -> dict[str, Any]:
    browser = await app.house.alice()
    code = await app.code(browser, **{"scope": "openid offline_access", **asked})
    answer = await redeem(app, code, proof(app.house, prover))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def userinfo(
    house: House, shown: str, headers: dict[str, str], scheme: str = "DPoP"
) -> httpx2.Response:
    client = await house.client()
    return await client.get(
        "/oauth/userinfo", headers={"authorization": f"{scheme} {shown}", **headers}
    )


async def test_a_bound_token_opens_userinfo_with_a_proof_for_it_alone(
    house: House, app: Application
) -> None:
    prover, thief = Prover(), Prover()
    given = await bound(app, prover)
    shown = given["access_token"]
    assert given["token_type"] == "DPoP"

    def at(by: Prover, of: str = shown, **more: Any) -> dict[str, str]:
        return proof(house, by, "/oauth/userinfo", method="GET", token=of, **more)

    good = at(prover)
    assert (await userinfo(house, shown, good, "dpop")).status_code == 200
    for headers, scheme in (
        (good, "DPoP"),  # a second time
        ({}, "DPoP"),
        ({}, "Bearer"),
        (at(prover), "Bearer"),
        (at(thief), "DPoP"),
        (at(prover, given["id_token"]), "DPoP"),
        (at(prover, htm="POST"), "DPoP"),
        (at(prover, htu=house.service.provider.issuer + "/oauth/token"), "DPoP"),
        (at(prover, iat=house.clock() - REMEMBERED), "DPoP"),
    ):
        answer = await userinfo(house, shown, headers, scheme)
        assert answer.status_code == 401, headers
        assert f'DPoP algs="{" ".join(ALGORITHMS)}", error="' in answer.headers["www-authenticate"]


async def test_two_proofs_are_none(house: House, app: Application) -> None:
    prover = Prover()
    given = await bound(app, prover)
    client = await house.client()
    pair = [("dpop", proof(house, prover)["dpop"]) for _ in "ab"]
    form = {**app.credentials(), "grant_type": "refresh_token"}
    sent = {**form, "refresh_token": given["refresh_token"]}
    answer = await client.post("/oauth/token", data=sent, headers=pair)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


async def test_many_processes_share_a_refresh_token_that_a_thief_cannot_use(
    house: House, app: Application
) -> None:
    prover = Prover()
    shown = (await bound(app, prover))["refresh_token"]
    for headers in ({}, proof(house, Prover())):
        answer = await refresh(app, shown, headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    answers = await gather(*(refresh(app, shown, proof(house, prover)) for _ in range(6)))
    assert [each.status_code for each in answers] == [200] * 6
    assert all("refresh_token" not in each.json() for each in answers)
    fresh = answers[0].json()["access_token"]
    at = proof(house, prover, "/oauth/userinfo", method="GET", token=fresh)
    assert (await userinfo(house, fresh, at)).status_code == 200


async def test_of_one_proof_at_many_requests_one_is_taken(house: House, app: Application) -> None:
    prover = Prover()
    shown = (await bound(app, prover))["refresh_token"]
    headers = proof(house, prover)
    answers = await gather(*(refresh(app, shown, headers) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [200, *[400] * 5]


async def test_an_application_with_a_secret_may_change_its_key(house: House) -> None:
    app = await application(house, scopes=SCOPES)
    given = await bound(app, Prover())
    fresh = await refresh(app, given["refresh_token"], proof(house, Prover()))
    assert fresh.json()["token_type"] == "DPoP"
    plain = await refresh(app, fresh.json()["refresh_token"], {})
    assert plain.json()["token_type"] == "Bearer"


async def test_a_code_that_was_asked_for_with_a_key_is_good_with_that_key(
    house: House, app: Application
) -> None:
    prover = Prover()
    browser = await house.alice()
    for headers in ({}, proof(house, Prover())):
        code = await app.code(browser, scope="openid", dpop_jkt=prover.jkt)
        answer = await redeem(app, code, headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await bound(app, prover, dpop_jkt=prover.jkt))["token_type"] == "DPoP"
    wrong = await app.authorize(browser, dpop_jkt="short")
    assert said(wrong)["error"] == "invalid_request"


async def test_introspection_tells_the_key_and_asks_for_no_proof(house: House) -> None:
    app = await application(house, scopes=SCOPES)
    prover = Prover()
    given = await bound(app, prover, scope="photos:read")
    client = await house.client()
    form = {**app.credentials(), "token": given["access_token"]}
    told = (await client.post("/oauth/introspect", data=form)).json()
    assert (told["active"], told["token_type"], told["aud"]) == (True, "DPoP", API)
    assert told["cnf"] == {"jkt": prover.jkt}


async def test_a_token_of_the_application_itself_is_bound_too(house: House) -> None:
    app = await application(house, acts_for_itself=True)
    prover = Prover()
    answer = await token(app, proof(house, prover), grant_type="client_credentials")
    assert answer.json()["token_type"] == "DPoP", answer.text
    found = house.service.provider.grants.authenticate(answer.json()["access_token"], API, jkt=None)
    assert (await found).jkt == prover.jkt


async def test_no_proof_is_kept_of_who_has_no_code(house: House, app: Application) -> None:
    prover = Prover()
    headers = proof(house, prover)
    assert (await redeem(app, "unknown", headers)).json()["error"] == "invalid_grant"
    code = await app.code(await house.alice(), scope="openid")
    assert (await redeem(app, code, headers)).status_code == 200


async def test_the_metadata_name_the_algorithms(house: House) -> None:
    client = await house.client()
    found = (await client.get("/.well-known/openid-configuration")).json()
    assert found["dpop_signing_alg_values_supported"] == list(ALGORITHMS)
