"""`/api/admin/scopes`."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from ...oauth.scopes import STANDARD
from ...routes.admin import BARE, AdminBody, api_router
from ...routes.dependencies import Serving
from . import flow

router = api_router()


class ScopeEntry(BaseModel):
    name: str
    resource: Annotated[str, Field(description="The API that it is of; empty for our own.")]
    sentence: Annotated[str, Field(description="What people are told.")]


class ScopeList(BaseModel):
    scopes: list[ScopeEntry]


class NewScopeBody(AdminBody):
    name: str
    resource: Annotated[str, Field(description="The address of the API that it is of.")]
    sentence: Annotated[str, Field(description="What an application with it can do.")]


@router.get("/scopes", summary="The scopes")
async def get_scopes(service: Serving) -> ScopeList:
    every = [*STANDARD.values(), *await service.provider.scopes.all()]
    return ScopeList(scopes=[ScopeEntry(**asdict(each)) for each in every])


@router.post("/scopes", status_code=201, summary="Add a scope")
async def post_scopes(body: NewScopeBody, service: Serving) -> ScopeEntry:
    """Refused with `invalid_request` if it is there already."""
    scope = await flow.add_scope(service, body.name, body.resource, body.sentence)
    return ScopeEntry(**asdict(scope))


@router.delete("/scopes", summary="Remove a scope", dependencies=BARE)
async def delete_scope(
    service: Serving, name: Annotated[str, Query(description="The scope.")]
) -> ScopeEntry:
    """Refused with `invalid_request` while an application may ask for it."""
    return ScopeEntry(**asdict(await flow.remove_scope(service, name)))
