"""`GET /api/history`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ...routes.bodies import After
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.own_entry import OwnEntry, own_entry
from ...routes.query import after_of, page_of
from ...routes.strict_json import StrictRoute
from ...steps.own_history import own_history

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class OwnHistory(BaseModel):
    entries: Annotated[list[OwnEntry], Field(description="The latest first.")]
    after: After


@router.get("/api/history", tags=["Account"], summary="What happened to me")
async def get_history(principal: Known, service: Serving, after: str = "") -> OwnHistory:
    """The latest first, without what I did to others; `after` is the one of the page before."""
    found, older = await page_of(service.history, own_history(principal), after_of(after))
    return OwnHistory(entries=[own_entry(each, principal.subject) for each in found], after=older)
