"""Plain sessions as tutorials show them: a random id in a cookie, and a row that every request
reads."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from fastapi import FastAPI, HTTPException, Request, Response

from .application import Clock, Counter, Form
from .plain_rows import Rows, rows_at
from .spec import Spec

COOKIE = "session"
LIFETIME = 14 * 86400


class RowPrincipal(NamedTuple):
    """The principal that a row names."""

    subject: str
    roles: list[str]


class PlainSession:
    """See `Authentication`."""

    def __init__(self, spec: Spec, clock: Clock, counter: Counter) -> None:
        self._clock, self._counter = clock, counter
        self._rows: Rows = rows_at(spec.store)

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        await self._rows.open()
        yield
        await self._rows.close()

    def install(self, app: FastAPI) -> None:
        """No middleware is needed."""

    async def principal(self, request: Request) -> RowPrincipal:
        self._counter.calls += 1
        found = await self._rows.get(_presented(request))
        if found is None or found.expires <= self._clock():
            raise HTTPException(401)
        return RowPrincipal(found.subject, json.loads(found.roles))

    async def log_in(self, form: Form, response: Response) -> dict[str, Any]:
        if form.transport == "bearer":
            raise HTTPException(422)  # plain sessions come in cookies only
        sid = await self._begin(form.name, form.roles)
        response.set_cookie(
            COOKIE, sid, max_age=LIFETIME, httponly=True, secure=True, samesite="lax"
        )
        return {}

    async def _begin(self, subject: str, roles: list[str]) -> str:
        sid = secrets.token_urlsafe(32)
        await self._rows.put(sid, subject, json.dumps(roles), self._clock() + LIFETIME)
        return sid

    async def refresh(self, token: str) -> dict[str, Any]:
        raise HTTPException(404)

    async def log_out(self, request: Request, response: Response) -> None:
        await self._rows.delete(_presented(request))
        response.delete_cookie(COOKIE)

    async def lock(self, subject: str) -> None:
        await self._rows.delete_all(subject)

    async def set_roles(self, subject: str, roles: list[str]) -> None:
        await self._rows.set_roles(subject, json.dumps(roles))

    async def listed(self, subject: str) -> list[dict[str, Any]]:
        return [
            {"subject": row.subject, "roles": json.loads(row.roles), "ends": row.expires}
            for row in await self._rows.of(subject)
        ]

    async def fill(self, count: int) -> None:
        for number in range(count):
            await self._begin(f"filled-{number}", ["reader"])

    async def purge(self) -> int:
        return await self._rows.purge(self._clock())

    async def public_keys(self) -> dict[str, Any]:
        return {"keys": []}

    async def recover(self) -> None:
        """Plain sessions are not signed."""


def _presented(request: Request) -> str:
    return request.cookies.get(COOKIE, "")
