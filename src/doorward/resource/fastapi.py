"""The guard of an API in FastAPI."""

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.responses import JSONResponse, Response

from .caller import Caller as Caller
from .guard import Guard
from .presented import presented
from .refusal import Refused as Refused

METADATA_AGE = 3_600
"""Seconds for which others may keep the metadata."""

READABLE = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
"""Scripts of every origin may read whom to ask for tokens."""


class Resource:
    """Protects the routes of one API, with the arguments of `doorward.resource.Guard`."""

    def __init__(self, resource: str, **settings: Any) -> None:
        self.guard = Guard(resource, **settings)

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Follow the server while the application runs."""
        async with self.guard.running():
            yield

    def install(self, app: FastAPI) -> None:
        """Answer refusals, and publish the metadata of the API (RFC 9728)."""

        async def refused(request: Request, error: Exception) -> Response:
            assert isinstance(error, Refused)  # noqa: S101 - it is registered for nothing else
            status, headers, body = self.guard.answer(error)
            return Response(body, status, headers)

        async def metadata() -> Response:
            age = {"cache-control": f"public, max-age={METADATA_AGE}"}
            return JSONResponse(self.guard.metadata(), headers=READABLE | age)

        async def preflight() -> Response:
            return Response(status_code=204, headers=READABLE)

        app.add_exception_handler(Refused, refused)
        path = self.guard.metadata_path
        app.add_api_route(path, metadata, include_in_schema=False)
        app.add_api_route(path, preflight, methods=["OPTIONS"], include_in_schema=False)

    def requires(self, *, scope: str) -> "Requirement":
        """Dependency: the `Caller`, whose token has all names of `scope`."""
        return Requirement(self.guard, self.guard.offer(scope))


class Requirement(SecurityBase):
    """Who calls a route, within what the route needs."""

    def __init__(self, guard: Guard, scope: str) -> None:
        self.model = HTTPBearer(bearerFormat="JWT")
        self.scheme_name = "access_token"
        self._guard = guard
        self._scope = scope

    async def __call__(self, request: Request) -> Caller:
        try:
            return await self._caller(request)
        except Refused as refused:
            refused.scope = self._scope
            refused.by_key = "dpop" in request.headers
            raise

    async def _caller(self, request: Request) -> Caller:
        headers, proof = request.headers, None
        token, shown = presented(
            headers.getlist("authorization"), headers.getlist("dpop"), request.scope["query_string"]
        )
        if shown is not None:
            path = _path_sent(request.scope)
            proof = self._guard.proof_of(shown, method=request.method, path=path, token=token)
        return await self._guard.check(token, self._scope, proof=proof)


def _path_sent(scope: MutableMapping[str, Any]) -> str:
    """The path as the client wrote it, since its proof names it so.  The address that Starlette
    puts together is decoded, and older ones let a `Host` header write another path."""
    sent: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return sent.decode("latin-1")
