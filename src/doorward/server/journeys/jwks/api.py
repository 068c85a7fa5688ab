"""`/.well-known/jwks.json`."""

from typing import Any

from fastapi import APIRouter, Response

from ....settings import JWKS_MAX_AGE
from ...routes.dependencies import PROBLEM, Serving
from ...routes.public import PREFLIGHT, PUBLIC
from ...routes.strict_json import StrictRoute

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


@router.get("/.well-known/jwks.json", tags=["Server"], summary="The public signing keys")
async def get_jwks(service: Serving, response: Response) -> dict[str, Any]:
    """Empty in session mode without `--provider`, where nothing is signed. Scripts of every origin
    may read it."""
    response.headers["cache-control"] = f"public, max-age={JWKS_MAX_AGE}"
    response.headers.update(PUBLIC)
    if service.options.provider:
        return await service.provider.jwks()
    return await service.auth.jwks() if service.auth.signs else {"keys": []}


@router.options("/.well-known/jwks.json", status_code=204, include_in_schema=False)
async def options_jwks(response: Response) -> None:
    """Answers the preflight of a script that adds a header."""
    response.headers.update(PREFLIGHT)
