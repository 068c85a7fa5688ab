"""`/api/applications`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ...oauth.access import Access
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.strict_json import StrictRoute
from .flow import applications_of, end_application

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class ApplicationEntry(BaseModel):
    """An application that a person allowed something."""

    client_id: str
    name: str
    hosts: Annotated[list[str], Field(description="Where people are sent back to it.")]
    described_by: Annotated[
        str,
        Field(
            description="The host that alone says what it is, which nobody here has checked; empty"
            " for one that the operator registered."
        ),
    ]
    scopes: list[str]
    since: Annotated[int, Field(description="When the person allowed it (seconds since 1970).")]
    used_at: Annotated[
        int | None, Field(description="Its last activity; null when it has no tokens now.")
    ]


class Applications(BaseModel):
    applications: list[ApplicationEntry]


@router.get("/api/applications", tags=["Sessions"], summary="Applications that have access")
async def get_applications(principal: Known, service: Serving) -> Applications:
    found = await applications_of(service, principal)
    return Applications(applications=[*map(_entry, found)])


@router.delete(
    "/api/applications/{client_id:path}",
    status_code=204,
    tags=["Sessions"],
    summary="End its access",
)
async def delete_application(client_id: str, principal: Known, service: Serving) -> None:
    """Its tokens end at once, and it has to ask again. `not_found` if it has no access."""
    await end_application(service, principal, client_id)


def _entry(access: Access) -> ApplicationEntry:
    return ApplicationEntry(
        client_id=access.client_id,
        name=access.name,
        hosts=list(access.hosts),
        described_by=access.described_by,
        scopes=[scope.name for scope in access.scopes],
        since=access.since,
        used_at=access.used_at,
    )
