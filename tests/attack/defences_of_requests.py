"""The defences of what a request holds, and how each is taken out."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from doorward import passwords, rules, tokens
from doorward.credentials import Credentials, claimed_sid
from doorward.errors import Rejected
from doorward.server.accounts import users
from doorward.server.accounts.user import User
from doorward.server.http import limits
from doorward.server.http.connection import Connection
from doorward.server.http.headers import Headers
from doorward.server.journeys.password import flow as password
from doorward.server.journeys.sessions import api as sessions
from doorward.server.journeys.signup import api as signup
from doorward.server.journeys.signup import flow as signup_flow
from doorward.server.routes import strict_json
from doorward.server.service import Service
from doorward.server.steps import create_account
from doorward.server.steps.confirm_password import owner
from doorward.tokens import SESSION_PREFIX, parse_session_token
from doorward.types import Principal
from doorward.web.visit import Visit
from tests.attack.defences_at_rest import shown


def opened_by(patch: pytest.MonkeyPatch, sids: Callable[[Visit], Iterable[str | None]]) -> None:
    """Let whatever `sids` finds in a request open its session, where nothing else does."""
    strict = Visit._read

    async def lax(visit: Visit, submitted: str | None, max_staleness: int | None) -> Principal:
        try:
            return await strict(visit, submitted, max_staleness)
        except Rejected:
            for sid in filter(None, sids(visit)):
                row = await visit.auth.store.get(sid)
                if row is not None:
                    return rules.principal_of(row, row.mode, row.authenticated_at, row.amr)
            raise

    patch.setattr(Visit, "_read", lax)


def any_text(patch: pytest.MonkeyPatch) -> None:
    def sids(visit: Visit) -> list[str | None]:
        texts = shown(visit.headers)
        return [*texts, *map(claimed_sid, texts)]

    opened_by(patch, sids)


def addresses(patch: pytest.MonkeyPatch) -> None:
    def sids(visit: Visit) -> list[str | None]:
        query = visit.scope["query_string"].decode()
        return [_sid(text) for _, text in parse_qsl(query)]

    opened_by(patch, sids)


def _sid(text: str) -> str | None:
    session = text.startswith(SESSION_PREFIX)
    return parse_session_token(text).sid if session else claimed_sid(text)


def secrets(patch: pytest.MonkeyPatch) -> None:
    for module in (rules, tokens):
        patch.setattr(module, "compare_digest", lambda one, other: True)


def every_member(patch: pytest.MonkeyPatch) -> None:
    """What a sign-up sends as roles, it gets."""
    strict = strict_json.parse
    body: dict[str, Any] = {}

    def parse(text: bytes) -> object:
        value = strict(text)
        body["last"] = value
        return value

    async def granting(service: Service, email: str, password: str) -> User:
        user = await made(service, email, password)
        assert user is not None, "the address would have to be verified first"
        roles = body["last"].get("roles", [])
        await service.users.set_roles(user.subject, frozenset(roles))
        return user

    made = signup_flow.signup
    patch.setattr(strict_json, "parse", parse)
    patch.setattr(signup, "signup", granting)


def unasked(patch: pytest.MonkeyPatch) -> None:
    async def confirm(service: Service, principal: Principal, password: str, *, field: str) -> User:
        return await owner(service, principal)

    patch.setattr(password, "confirm", confirm)


def anybodys(patch: pytest.MonkeyPatch) -> None:
    async def end(service: Service, principal: Principal, sid: str) -> None:
        await service.auth.revoke(sid=sid)

    patch.setattr(sessions, "end_session", end)


def any_json(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(strict_json, "parse", json.loads)


def overridden(patch: pytest.MonkeyPatch) -> None:
    strict = Headers.__call__

    async def call(self: Headers, scope: Any, receive: Any, send: Any) -> None:
        said = dict(scope.get("headers", ())).get(b"x-http-method-override", b"").decode()
        await strict(self, {**scope, "method": said} if said else scope, receive, send)

    patch.setattr(Headers, "__call__", call)


def any_spelling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(create_account, "address_of", lambda email: email)
    patch.setattr(users, "canonical", lambda email: email)


def endless(patch: pytest.MonkeyPatch) -> None:
    strict = Credentials.read_access_token

    async def read(self: Credentials, text: str, now: int, *, expired_too: bool = False) -> Any:
        return await strict(self, text, now, expired_too=True)

    patch.setattr(Credentials, "read_access_token", read)


def readable(patch: pytest.MonkeyPatch) -> None:
    strict = Headers.__call__

    async def call(self: Headers, scope: Any, receive: Any, send: Any) -> None:
        origin = dict(scope.get("headers", ())).get(b"origin", b"")
        allowed = [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
        ]

        async def telling(message: Any) -> None:
            if origin and "headers" in message:
                message = {**message, "headers": [*message["headers"], *allowed]}
            await send(message)

        await strict(self, scope, receive, telling)

    patch.setattr(Headers, "__call__", call)


def traced(patch: pytest.MonkeyPatch) -> None:
    strict = Headers.__call__

    async def call(self: Headers, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("method") != "TRACE":
            await strict(self, scope, receive, send)
            return
        body = b"\n".join(b": ".join(pair) for pair in scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    patch.setattr(Headers, "__call__", call)


def first_72(patch: pytest.MonkeyPatch) -> None:
    whole = passwords.normalise
    patch.setattr(passwords, "normalise", lambda password: whole(password)[:72])


async def _nothing(*_: object, **__: object) -> None:
    """Takes the place of what defends."""


OF_REQUESTS: dict[str, Callable[[pytest.MonkeyPatch], Any]] = {
    "a token serves only its own purpose": any_text,
    "the whole secret is compared": secrets,
    "unexpected members of a body are ignored": every_member,
    "people can end their other sessions": lambda patch: patch.setattr(
        sessions, "end_others", _nothing
    ),
    "a change of password needs the current password": unasked,
    "only the owner ends a session by its id": anybodys,
    "JSON is parsed strictly": any_json,
    "no header overrides the method": overridden,
    "one mailbox has one account": any_spelling,
    "ambiguous heads are refused": lambda patch: patch.setattr(
        limits, "_is_plain", lambda scope: True
    ),
    "the size of a request is limited": lambda patch: patch.setattr(
        limits, "_check_head", lambda scope: None
    ),
    "tokens expire": endless,
    "other origins may not read answers": readable,
    "every character of a password counts": first_72,
    "the time for a head is limited": lambda patch: patch.setattr(
        Connection, "head_timeout", 3_600
    ),
    "credentials in URLs are ignored": addresses,
    "no answer repeats a credential": traced,
}
