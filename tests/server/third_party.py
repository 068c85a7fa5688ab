"""An application of somebody else, which has people log in here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import html5lib
import httpx2

from doorward.server.oauth.client import Client, Kind, Registration
from doorward.server.oauth.pkce import challenge_of
from doorward.server.oauth.scopes import Scope
from tests.server.house import House

CALLBACK = "https://photos.example/callback"
API = "https://api.photos.example"
READ = Scope(name="photos:read", resource=API, sentence="See your photos.")
WRITE = Scope(name="photos:write", resource=API, sentence="Change your photos.")
OTHER = Scope(name="mail:read", resource="https://mail.example", sentence="Read your mail.")
VERIFIER = "v" * 43


@dataclass(frozen=True, slots=True)
class Application:
    """One client, and what it sends."""

    house: House
    client: Client
    secret: str | None

    def request(self, **more: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        usual: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uris[0],
            "scope": "photos:read",
            "state": "st&te",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: text for name, text in {**usual, **more}.items() if text is not None}

    async def authorize(self, browser: httpx2.AsyncClient, **more: str | None) -> httpx2.Response:
        """A link of the application is followed, as far as our first answer."""
        return await browser.get(
            "/oauth/authorize",
            params=self.request(**more),
            headers={"sec-fetch-site": "cross-site"},
        )

    async def decide(
        self, browser: httpx2.AsyncClient, decision: str = "allow", /, **more: str | None
    ) -> httpx2.Response:
        """The person reads the page that asks them, and decides."""
        page = await self.authorize(browser, **more)
        assert page.status_code == 200, page.headers.get("location")
        form = form_of(page.text)
        return await browser.post("/oauth/consent", data={**form, "decision": decision})

    async def code(self, browser: httpx2.AsyncClient, **more: str | None) -> str:
        """The code that the person's consent gives the application, this time's or an earlier
        one."""
        answer = await self.authorize(browser, **more)
        if answer.status_code == 302:
            return said(answer)["code"]
        return said(await self.decide(browser, "allow", **more))["code"]

    async def token(self, **form: Any) -> httpx2.Response:
        """What the token endpoint answers to the application's own server."""
        client = await self.house.client()
        return await client.post("/oauth/token", data={**self.credentials(), **form})

    def credentials(self) -> dict[str, str]:
        shown = {} if self.secret is None else {"client_secret": self.secret}
        return {"client_id": self.client.client_id, **shown}

    async def redeem(self, code: str, /, **form: Any) -> httpx2.Response:
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": VERIFIER,
        }
        return await self.token(**{**usual, **form})

    async def refresh(self, token: str, **form: Any) -> httpx2.Response:
        return await self.token(grant_type="refresh_token", refresh_token=token, **form)

    async def revoke(self, token: str) -> httpx2.Response:
        client = await self.house.client()
        return await client.post("/oauth/revoke", data={**self.credentials(), "token": token})

    async def tokens(self, browser: httpx2.AsyncClient, **more: str | None) -> dict[str, Any]:
        """The whole way: what the person consents to, in tokens."""
        answer = await self.redeem(await self.code(browser, **more))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def application(
    house: House,
    kind: Kind = "confidential",
    uris: Sequence[str] = (CALLBACK,),
    scopes: Sequence[str] = ("openid", "offline_access", "photos:read", "photos:write"),
    **more: Any,
) -> Application:
    """An application that the operator registered, with the scopes that this house has."""
    provider = house.service.provider
    known = await provider.scopes.known()
    for each in (READ, WRITE, OTHER):
        if each.name not in known:
            await provider.scopes.add(each)
    known = await provider.scopes.known()
    named = [known[name] for name in scopes]
    registration = Registration(
        **{"name": "Photos", "kind": kind, "scopes": named, "redirect_uris": uris, **more}
    )
    added = await provider.clients.add(registration, at=house.clock())
    return Application(house, added.client, added.secret)


def destination(answer: httpx2.Response) -> str:
    """Where an answer sends the browser, by redirect or by the page that carries on."""
    if answer.status_code == 302:
        return str(answer.headers["location"])
    assert answer.status_code == 200, answer.text
    assert "Carrying on" in answer.text, answer.text
    page = html5lib.parse(answer.text, namespaceHTMLElements=False)
    (link,) = page.iter("main")
    (address,) = {each.get("href") for each in link.iter("a")}
    (refresh,) = [each for each in page.iter("meta") if each.get("http-equiv") == "refresh"]
    assert refresh.get("content") == f"0; url={address}"
    return str(address)


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of the one form of a page."""
    (form,) = html5lib.parse(page, namespaceHTMLElements=False).iter("form")
    return {
        str(each.get("name")): str(each.get("value"))
        for each in form.iter("input")
        if each.get("type") == "hidden"
    }


def said(answer: httpx2.Response) -> dict[str, str]:
    """What the application is told in its address."""
    parts = parse_qs(urlsplit(destination(answer)).query, strict_parsing=True)
    assert all(len(each) == 1 for each in parts.values())
    return {name: each[0] for name, each in parts.items()}
