"""`GET /healthz`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ....errors import StoreUnavailable
from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute
from ...service import Service

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class Health(BaseModel):
    status: Literal["ok", "unavailable"]
    view: Annotated[
        Literal["fresh", "stale"],
        Field(description="Whether this process knows of every change to a session."),
    ]


@router.get("/healthz", tags=["Server"], summary="Is it well?")
async def get_health(service: Serving, response: Response) -> Health:
    """503 while a database does not answer, and for three seconds after it failed a request, as one
    does that is full or locked: it can be read still. Nothing is written to find out."""
    try:
        await service.auth.store.mark()
        await service.users.by_subject("")
    except StoreUnavailable:
        response.status_code = 503
        return Health(status="unavailable", view="stale")
    view = _view(service)
    if service.recent_failure.is_recent:
        response.status_code = 503
        return Health(status="unavailable", view=view)
    return Health(status="ok", view=view)


def _view(service: Service) -> Literal["fresh", "stale"]:
    return "fresh" if service.auth.view_age <= service.options.max_staleness else "stale"
