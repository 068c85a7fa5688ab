"""`/admin/applications`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from starlette.responses import Response

from ...oauth.access import usage
from ...oauth.client import Client
from ...oauth.scopes import Scope
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.notices import notice, told
from ...routes.responses import show
from ...ui.notice import NO_NEWS, Notice
from ...ui.page import ConsolePage
from ...ui.rendering import segment
from . import flow

PATH = "/admin/applications"

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow:
    """One application in a list.  `grants` are its live ones, and `used_at` when one was last
    used."""

    client_id: str
    name: str
    kind: str
    disabled: bool
    grants: int
    used_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientsPage(ConsolePage):
    """All applications that are registered.  `whole`: whether all grants were counted."""

    template: ClassVar[str] = "admin/applications/applications.html"
    now: int
    rows: tuple[ClientRow, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPage(ConsolePage):
    """One application: what it is, what it may ask for, and how it is used."""

    template: ClassVar[str] = "admin/applications/application.html"
    now: int
    client: Client
    scopes: tuple[Scope, ...]
    grants: int
    used_at: int | None
    whole: bool = True
    notice: Notice = NO_NEWS


@router.get("/applications")
async def get_applications(service: Serving) -> Response:
    used = await usage(service.provider)
    rows = [
        ClientRow(
            client_id=client.client_id,
            name=client.name,
            kind=client.kind,
            disabled=client.disabled_at is not None,
            grants=used.grants.get(client.client_id, 0),
            used_at=used.used_at.get(client.client_id),
        )
        for client in await service.provider.clients.all()
    ]
    now, menu = service.clock(), menu_of(service)
    return show(service, ClientsPage(now=now, menu=menu, rows=tuple(rows), whole=used.whole))


@router.get("/applications/{client_id:path}")
async def get_application(client_id: str, request: Request, service: Serving) -> Response:
    client = await flow.find(service, client_id)
    known, used = await service.provider.scopes.known(), await usage(service.provider)
    page = ClientPage(
        now=service.clock(),
        menu=menu_of(service),
        client=client,
        scopes=tuple(known[name] for name in sorted(client.scopes) if name in known),
        grants=used.grants.get(client_id, 0),
        used_at=used.used_at.get(client_id),
        whole=used.whole,
        notice=notice(request),
    )
    return told(request, show(service, page))


def client_path(client_id: str) -> str:
    """The address of an application's page in the console."""
    return f"{PATH}/{segment(client_id)}"
