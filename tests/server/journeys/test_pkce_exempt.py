"""An application that may do without PKCE sends a nonce, and nobody on the way can turn one kind of
request into the other."""

from typing import Any

import pytest

from tests.server.house import House, Opened
from tests.server.third_party import Application, application, said

pytestmark = pytest.mark.anyio

BARE: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
SHORT: dict[str, Any] = {**BARE, "scope": "openid photos:read", "nonce": "n"}
INVALID = (400, "invalid_grant")


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    return await application(house, pkce_exempt=True)


async def told(app: Application, code: str, **form: Any) -> tuple[int, str]:
    answer = await app.redeem(code, **form)
    return answer.status_code, answer.json().get("error", "")


@pytest.mark.parametrize(
    "more",
    [
        {"nonce": None},
        {"nonce": ""},
        {"scope": "photos:read"},
        {"scope": "openidx photos:read"},
        {"code_challenge_method": "S256"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"code_challenge": "c" * 43, "code_challenge_method": "plain"},
    ],
    ids=str,
)
async def test_what_is_in_the_place_of_pkce_must_be_there(
    house: House, app: Application, more: dict[str, Any]
) -> None:
    browser = await house.alice()
    answer = await app.authorize(browser, **{**SHORT, **more})
    assert answer.status_code == 302
    assert said(answer)["error"] == "invalid_request"


async def test_only_an_application_that_is_exempt_may_do_without(house: House) -> None:
    for kind in ("confidential", "public"):
        other = await application(house, kind)
        answer = await other.authorize(await house.alice(), **SHORT)
        assert said(answer)["error"] == "invalid_request"


async def test_a_code_without_a_challenge_is_shown_without_a_verifier(
    house: House, app: Application
) -> None:
    code = await app.code(await house.alice(), **SHORT)
    assert await told(app, code) == INVALID
    assert await told(app, code, code_verifier="x") == INVALID
    assert await told(await application(house, pkce_exempt=True), code, code_verifier="") == INVALID
    assert await told(await application(house), code, code_verifier="") == (400, "invalid_request")
    answer = await app.redeem(code, code_verifier="")
    assert answer.status_code == 200
    assert "id_token" in answer.json()
    assert await told(app, code) == INVALID
    assert len(await grants_of_alice(house)) == 1
    assert await told(app, code, code_verifier="") == INVALID
    assert await grants_of_alice(house) == []


async def test_a_code_with_a_challenge_is_shown_with_its_verifier(
    house: House, app: Application
) -> None:
    code = await app.code(await house.alice())
    assert await told(app, code, code_verifier="") == INVALID
    assert await told(app, code, code_verifier="w" * 43) == INVALID
    assert (await app.redeem(code)).status_code == 200
    assert await told(app, code, code_verifier="") == INVALID
    assert len(await grants_of_alice(house)) == 1


async def grants_of_alice(house: House) -> Any:
    return await house.service.provider.grants.sessions(await house.account())
