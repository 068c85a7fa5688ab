"""What the OpenAPI page of an application says of its guards."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from ...types import Mode
from .. import origin, transport
from ..problem import MEDIA_TYPE, SCHEMA
from .guard import KNOWN, PERMITTED

PROBLEM = "DoorwardProblem"
"""The name of a refusal among the schemas."""

_NOT_KNOWN = "Not logged in, or the last proof of a factor is too old: `reason` says which."
_NOT_PERMITTED = "A role or scope is lacking, or another site caused the request."


def describe_security(app: FastAPI, mode: Mode, suffix: str = "") -> None:
    """Let the OpenAPI page of an application show both transports, either of which suffices, and
    how a guard refuses, where the application does not say so itself."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        schema = generate()
        components = schema.get("components", {})
        schemes = components.get("securitySchemes", {})
        if any([schemes.pop(name, None) is not None for name in (KNOWN, PERMITTED)]):
            schemes |= _schemes(mode, suffix)
            if any([_describe(*each) for each in _operations(schema)]):
                components.setdefault("schemas", {})[PROBLEM] = SCHEMA
        return schema

    app.openapi = described  # type: ignore[method-assign]  # the documented way to extend it


def _describe(method: str, operation: dict[str, Any]) -> bool:
    """Whether it now refers to `PROBLEM`."""
    security: list[dict[str, list[str]]] = operation.get("security", [])
    guards = [each for each in security if each.keys() & {KNOWN, PERMITTED}]
    if not guards:
        return False
    # not of OAuth, a scheme lists what is required all the same (OpenAPI 3.1, security requirement)
    scopes = list(
        dict.fromkeys(name for guard in guards for named in guard.values() for name in named)
    )
    others = [each for each in security if each not in guards]
    operation["security"] = [{"cookie": scopes}, {"bearer": scopes}, *others]
    responses = operation.setdefault("responses", {})
    if responses.keys() & {"default", "4XX"}:
        return False
    responses.setdefault("401", _refusal(_NOT_KNOWN))
    if scopes or {PERMITTED: []} in guards or method.upper() not in origin.SAFE:
        responses.setdefault("403", _refusal(_NOT_PERMITTED))
    return True


def _refusal(description: str) -> dict[str, Any]:
    shown = {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}
    return {"description": description, "content": {MEDIA_TYPE: shown}}


def _schemes(mode: Mode, suffix: str) -> dict[str, Any]:
    cookie = transport.named(transport.SESSION if mode == "session" else transport.ACCESS, suffix)
    token = "opaque session token" if mode == "session" else "JWT"
    return {
        "cookie": {"type": "apiKey", "in": "cookie", "name": cookie},
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": token},
    }


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in schema.get("paths", {}).values():
        for method, operation in path.items():
            if isinstance(operation, dict):
                yield method, operation
