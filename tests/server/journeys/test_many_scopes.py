"""More scopes than a token can carry."""

import pytest

from doorward.server.oauth.scopes import Scope
from tests.server.house import House, Opened
from tests.server.third_party import API, application, said

pytestmark = pytest.mark.anyio

NAMES = [f"photos:{number:02}:{'x' * 60}" for number in range(15)]


async def test_nobody_is_asked_for_more_than_a_token_carries(opened: Opened) -> None:
    house: House = await opened(provider=True)
    for name in NAMES:
        scope = Scope(name=name, resource=API, sentence="See a photo.")
        await house.service.provider.scopes.add(scope)
    app = await application(house, scopes=NAMES, acts_for_itself=True)
    asked = {"grant_type": "client_credentials"}
    for form in (asked, asked | {"scope": " ".join(NAMES)}):
        answer = await app.token(**form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    answer = await app.authorize(await house.alice(), scope=" ".join(NAMES))
    assert said(answer)["error"] == "invalid_scope"
    given = await app.tokens(await house.alice(), scope=" ".join(NAMES[:10]))
    assert given["scope"] == " ".join(NAMES[:10])
    assert (await app.token(**asked, scope=NAMES[14])).status_code == 200
