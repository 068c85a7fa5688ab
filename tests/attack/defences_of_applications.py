"""The defences of what people allow other applications, and how each is taken out."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from doorward.grants import Grants
from doorward.server import client_decisions
from doorward.server.journeys.authorize import flow as authorize
from doorward.server.journeys.end_session import pages as end_session
from doorward.server.journeys.introspect import api as introspect
from doorward.server.journeys.token import api as token
from doorward.server.journeys.token import given
from doorward.server.journeys.token.given import Given
from doorward.server.oauth import code as codes
from doorward.server.oauth import redirect_uri, request
from doorward.server.oauth.client import Client
from doorward.server.oauth.code import Shown, Taken, new_sid
from doorward.server.oauth.consents import Consent
from doorward.server.oauth.provider import Provider
from doorward.server.oauth.redirect_uri import with_parameters
from doorward.server.routes import leaving
from doorward.server.routes.responses import who_is_here
from doorward.server.service import Service
from doorward.types import Principal


def lasting_codes(patch: pytest.MonkeyPatch) -> None:
    """Each use is taken for the first, and gives a grant of its own."""
    strict = codes.take

    async def take(*said: Any, **more: Any) -> Taken | None:
        taken = await strict(*said, **more)
        return taken and Taken(replace(taken.permission, sid=new_sid()), first=True)

    patch.setattr(codes, "take", take)


def bare_codes(patch: pytest.MonkeyPatch) -> None:
    digest = property(lambda shown: sha256(shown.code.encode()).digest())
    patch.setattr(Shown, "digest", digest)


def without_challenge(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(request, "_challenge", lambda said, *_: said.get("code_challenge", ""))


def near_addresses(patch: pytest.MonkeyPatch) -> None:
    def checked(registered: Any, given: str) -> str | None:
        return given if any(given.startswith(each) for each in registered) else None

    patch.setattr(redirect_uri, "checked", checked)


def anybodys_tokens(patch: pytest.MonkeyPatch) -> None:
    async def renew(service: Service, shown: given.Shown) -> Given:
        return Given(await service.provider.grants.refresh(shown.form["refresh_token"]))

    patch.setitem(token._GRANTS, "refresh_token", renew)


def any_audience(patch: pytest.MonkeyPatch) -> None:
    strict = Grants.authenticate

    async def authenticate(self: Grants, text: str, audience: str, **more: Any) -> Principal:
        row = await self.owner(text)
        return await strict(self, text, audience if row is None else row.audience, **more)

    patch.setattr(Grants, "authenticate", authenticate)


def unended(patch: pytest.MonkeyPatch) -> None:
    async def end(provider: Provider, subject: str, client_id: str, *_: object) -> int:
        await provider.consents.settle(subject, client_id)
        return 0

    patch.setattr(client_decisions, "end_access", end)


def nameless(patch: pytest.MonkeyPatch) -> None:
    def without(uri: Any, **said: str) -> str:
        return with_parameters(uri, **{name: text for name, text in said.items() if name != "iss"})

    patch.setattr(leaving, "with_parameters", without)


def open_questions(patch: pytest.MonkeyPatch) -> None:
    strict = introspect._state

    async def state(service: Service, client: Client, text: str) -> dict[str, Any]:
        row = await service.provider.grants.owner(text)
        mine = client if row is None else replace(client, client_id=row.client_id)
        return await strict(service, mine, text)

    patch.setattr(introspect, "_state", state)


def unasked(patch: pytest.MonkeyPatch) -> None:
    async def silent(*_: object) -> bool:
        return True

    patch.setattr(end_session, "may_be_silent", silent)


OF_APPLICATIONS: dict[str, Callable[[pytest.MonkeyPatch], Any]] = {
    "a code works once": lasting_codes,
    "a code belongs to one request": bare_codes,
    "every request has a challenge": without_challenge,
    "redirect URIs are compared as strings": near_addresses,
    "a refresh token is of one application": anybodys_tokens,
    "a token is for one API": any_audience,
    "an end of access ends the tokens": unended,
    "only a browser lets applications in": lambda patch: patch.setattr(
        authorize, "who_is_in_this_browser", who_is_here
    ),
    "an answer names its issuer": nameless,
    "a new scope is asked for": lambda patch: patch.setattr(Consent, "covers", lambda *_: True),
    "a stranger learns nothing of a token": open_questions,
    "a logout asks who did not begin it": unasked,
    "no site is told where a code came from": lambda patch: patch.setattr(leaving, "_LEAVING", {}),
}
