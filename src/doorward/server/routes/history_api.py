"""The JSON API of a person's own history."""

from fastapi import APIRouter

from ..audit.history import Query
from .admin_bodies import OwnHistory, own_entry
from .api import PROBLEM, Known, Serving
from .query import after_of, page_of
from .strict_json import StrictRoute

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


@router.get("/api/history", tags=["Account"], summary="What happened to me")
async def get_history(principal: Known, service: Serving, after: str = "") -> OwnHistory:
    """The latest first, without what I did to others; `after` is the one of the page before."""
    query = Query(person=principal.subject, own=True)
    found, older = await page_of(service.history, query, after_of(after))
    return OwnHistory(entries=[own_entry(each, principal.subject) for each in found], after=older)
