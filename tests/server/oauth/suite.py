"""What a conformance suite does with a server: it plays an application, and reads every answer."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.server.oauth.client import RS256
from tests.server.house import PASSWORD, House
from tests.server.third_party import CALLBACK, Application, form_of, said

NONCE = "a nonce"
BARE: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
"""The suite's requests have no PKCE, so its application is registered to do without."""


class Suite(NamedTuple):
    """The server, and the applications that the suite wants."""

    house: House
    app: Application
    other: Application

    async def flow(
        self, browser: httpx2.AsyncClient | None = None, /, **more: str | None
    ) -> dict[str, Any]:
        """From the request to the tokens, whose ID token is verified: what the token endpoint
        answers, with its claims as `claims`."""
        browser = browser or await self.house.alice()
        request = {"scope": "openid", "nonce": NONCE, **BARE, **more}
        answer = await self.app.authorize(browser, **request)
        if answer.status_code == 200:
            answer = await self.app.decide(browser, "allow", **request)
        told = said(answer)
        assert (told["state"], told["iss"]) == (self.app.request()["state"], "https://testserver")
        return await self.redeemed(told["code"], request["nonce"])

    async def redeemed(self, code: str, nonce: str | None) -> dict[str, Any]:
        """The client authenticates with Basic."""
        client, form = await self.house.client(), {"code": code, "redirect_uri": CALLBACK}
        auth = (self.app.client.client_id, self.app.secret or "")
        form["grant_type"] = "authorization_code"
        answer = await client.post("/oauth/token", data=form, auth=auth)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        tokens: dict[str, Any] = answer.json()
        assert tokens["token_type"] == "Bearer"
        tokens["claims"] = await self.claims(tokens["id_token"])
        assert tokens["claims"].get("nonce") == nonce
        return tokens

    async def claims(self, id_token: str) -> dict[str, Any]:
        """The claims of an ID token (OpenID Connect Core section 3.1.3.7)."""
        client = await self.house.client()
        keys = KeySet.import_key_set((await client.get("/.well-known/jwks.json")).json())
        token = jwt.decode(id_token, keys, algorithms=[RS256])
        claims: dict[str, Any] = dict(token.claims)
        assert (claims["iss"], claims["aud"]) == ("https://testserver", self.app.client.client_id)
        assert claims["iat"] <= self.house.clock() < claims["exp"]
        assert 0 < len(claims["sub"]) < 256
        return claims

    async def userinfo(self, token: str, method: str = "GET", **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {token}"} if not more else {}
        client = await self.house.client()
        return await client.request(method, "/oauth/userinfo", headers=headers, **more)


async def proved_again(browser: httpx2.AsyncClient, page: httpx2.Response) -> httpx2.Response:
    """The person is asked for the password once more, and comes back."""
    assert (page.status_code, urlsplit(page.headers["location"]).path) == (303, "/elevate")
    shown = await browser.get(page.headers["location"])
    form = {**form_of(shown.text), "password": PASSWORD}
    proved = await browser.post("/elevate", data=form)
    return await browser.get(proved.headers["location"])


def module_names(tests: Mapping[str, Any], begin: str) -> list[str]:
    """What the tests of a file are named after, alone and with each parameter."""
    found: list[str] = []
    for name, test in tests.items():
        if name.startswith(f"test_{begin}"):
            module = name.removeprefix("test_").replace("_", "-")
            marks = getattr(test, "pytestmark", [])
            cases = [each.args[1] for each in marks if each.name == "parametrize"]
            found += [module, *(f"{module}-{case}" for each in cases for case in each)]
    return found
