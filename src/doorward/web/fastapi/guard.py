"""Dependencies that ask who makes a request, and what they may do."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from ... import rules
from ...types import Mode, Principal
from .. import transport
from ..asgi import current_visit

SCHEME = "doorward"
"""Stands in the schema until `describe_security` puts the two real schemes in its place."""


class Guard(SecurityBase):
    """A dependency: the principal, who has this role and scope (else 403) and proved a factor
    within `fresh` seconds (else 401 `step_up_required`); anybody else gets 401.  All that as of at
    most `max_staleness` seconds ago."""

    def __init__(
        self,
        *,
        role: str | None = None,
        scope: str | None = None,
        fresh: int | None = None,
        max_staleness: int | None = None,
    ) -> None:
        self.model = HTTPBearer()
        self.scheme_name = SCHEME
        self._role, self._scope, self._fresh = role, scope, fresh
        self._max_staleness = max_staleness

    async def __call__(self) -> Principal:
        visit = current_visit()
        found = await visit.principal(max_staleness=self._max_staleness)
        now = visit.auth.clock()
        rules.check_permission(found, now, role=self._role, scope=self._scope, fresh=self._fresh)
        return found


def check_need(
    role: str | None, scope: str | None, fresh: int | None, max_staleness: int | None
) -> None:
    """Raises `ValueError` for a guard that asks for nothing, or for what nobody can have: a slip
    that would be found too late."""
    for what, name in (("role", role), ("scope", scope)):
        if name is not None and not isinstance(name, str):
            raise ValueError(
                f"{what} is one name, not {name!r}; where several are needed, depend on requires"
                " for each"
            )
    rules.checked_names([name for name in (role, scope) if name is not None])
    if role is None and scope is None and fresh is None and max_staleness is None:
        raise ValueError(
            "requires needs a role, a scope, fresh or max_staleness; auth.principal asks for"
            " nothing"
        )
    for name, seconds in (("fresh", fresh), ("max_staleness", max_staleness)):
        if seconds is not None and (type(seconds) is not int or seconds < 0):
            raise ValueError(f"{name} is a whole number of seconds from 0, not {seconds!r}")


def describe_security(app: FastAPI, mode: Mode) -> None:
    """Let the OpenAPI page of an application show both transports, either of which suffices."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        schema = generate()
        schemes = schema.get("components", {}).get("securitySchemes", {})
        if schemes.pop(SCHEME, None) is not None:
            schemes |= _schemes(mode)
            for operation in _operations(schema):
                if {SCHEME: []} in (security := operation.get("security", [])):
                    others = [each for each in security if each != {SCHEME: []}]
                    operation["security"] = [{"cookie": []}, {"bearer": []}, *others]
        return schema

    app.openapi = described  # type: ignore[method-assign]  # the documented way to extend it


def _schemes(mode: Mode) -> dict[str, Any]:
    cookie = transport.SESSION if mode == "session" else transport.ACCESS
    token = "opaque session token" if mode == "session" else "JWT"
    return {
        "cookie": {"type": "apiKey", "in": "cookie", "name": cookie},
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": token},
    }


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        operation
        for path in schema.get("paths", {}).values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
