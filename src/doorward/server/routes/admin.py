"""What the routes of all administrators' journeys share."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from ..refusals import Refusal, Refused
from .access import LOOK, AdminRoute, ConsoleRoute
from .dependencies import PROBLEM

After = Annotated[str, Query(description="The `after` of the page before.")]


class AdminBody(BaseModel):
    """Any other member is refused: nobody chooses a password for somebody else."""

    model_config = ConfigDict(strict=True, extra="forbid")


async def nothing(request: Request) -> None:
    """For an act that takes no body: a `password` that is sent along must not be thought taken."""
    if await request.body() not in (b"", b"{}"):
        raise Refused(Refusal.INVALID_REQUEST, "This takes no body.")


BARE = [Depends(nothing)]


def api_router() -> APIRouter:
    """A router of the API for administrators."""
    return APIRouter(
        prefix="/api/admin",
        route_class=AdminRoute,
        responses=PROBLEM,
        tags=["Administration"],
        dependencies=[Depends(LOOK)],  # decided by the route already; here it says so in the schema
    )


def console_router() -> APIRouter:
    """A router of the console's pages."""
    return APIRouter(prefix="/admin", route_class=ConsoleRoute, include_in_schema=False)


def next_page(after: str | None, **filters: str) -> str:
    """The query of the address of the next page; empty without one."""
    given = {name: value for name, value in filters.items() if value}
    return "" if after is None else urlencode({**given, "after": after})
