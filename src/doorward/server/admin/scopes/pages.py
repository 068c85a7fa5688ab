"""`/admin/scopes`."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import Query, Request
from starlette.responses import Response

from ....types import Principal
from ...oauth.scopes import STANDARD
from ...refusals import Refusal, Refused
from ...routes.access import admit
from ...routes.acts import question
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.notices import notice, told
from ...routes.responses import see, show
from ...service import Service
from ...ui.notice import NO_NEWS, Notice
from ...ui.page import ConsolePage
from . import flow

PATH, REMOVE = "/admin/scopes", "/admin/scopes/remove"

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRow:
    """One scope.  `applications` may ask for it; `remove` is the query of the address that removes
    it, empty for a scope of every server."""

    name: str
    resource: str
    sentence: str
    applications: tuple[str, ...]
    remove: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopesPage(ConsolePage):
    """All scopes."""

    template: ClassVar[str] = "admin/scopes/scopes.html"
    rows: tuple[ScopeRow, ...]
    notice: Notice = NO_NEWS


@router.get("/scopes")
async def get_scopes(request: Request, service: Serving) -> Response:
    clients = await service.provider.clients.all()
    rows = tuple(
        ScopeRow(
            name=each.name,
            resource=each.resource,
            sentence=each.sentence,
            applications=tuple(client.name for client in clients if each.name in client.scopes),
            remove="" if each.name in STANDARD else urlencode({"name": each.name}),
        )
        for each in (*await service.provider.scopes.all(), *STANDARD.values())
    )
    page = ScopesPage(menu=menu_of(service), rows=rows, notice=notice(request))
    return told(request, show(service, page))


Name = Annotated[str, Query()]
"""A scope may have a slash in its name, so no part of an address can be one."""


@router.get("/scopes/remove")
async def get_remove(request: Request, service: Serving, name: Name = "") -> Response:
    principal = await admit(request, act=True)
    if name not in await service.provider.scopes.known():
        raise Refused(Refusal.NOT_FOUND, "There is no such scope.")
    return _question(service, principal, request, name)


@router.post("/scopes/remove")
async def post_remove(request: Request, service: Serving, name: Name = "") -> Response:
    try:
        await flow.remove_scope(service, name)
    except Refused as refused:
        if refused.reason is Refusal.NOT_FOUND:
            raise
        return _question(service, await admit(request), request, name, refused)
    return see(service.site.path(PATH), "scope_removed")


def _question(
    service: Service,
    principal: Principal,
    request: Request,
    name: str,
    refused: Refused | None = None,
) -> Response:
    return question(
        service,
        principal,
        request,
        heading=f"Remove {name}?",
        sentence="No application can ask for it any more. A scope that an application may ask for"
        " cannot be removed.",
        button="Remove",
        danger=True,
        back=PATH,
        action=f"{service.site.path(REMOVE)}?{urlencode({'name': name})}",
        refused=refused,
    )
