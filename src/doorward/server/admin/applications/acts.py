"""The acts on an application, each at an address of its own: a look asks, a form does it.

To look already needs a recent proof, so that nobody has to prove anything in the middle of an act.
"""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from starlette.responses import Response

from ....settings import DAY, HOUR
from ...oauth.client import Client
from ...oauth.clients import OVERLAP
from ...refusals import Refusal, Refused
from ...routes.access import admit
from ...routes.acts import question
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import menu_of
from ...routes.responses import see, session_token, show
from ...service import Service
from ...ui.page import ConsolePage, FormPage, Menu
from . import flow
from .pages import client_path

OVERLAPS = {
    str(OVERLAP): "24 hours",
    str(HOUR): "1 hour",
    str(7 * DAY): "7 days",
    "0": "Not at all: it leaked",
}
"""For how long the old secret may still work, by the value of the field in seconds."""

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPage(ConsolePage):
    """An application with its new secret, which is shown here and never again; empty for a public
    one.  `old_until`: until when the secret before works, too."""

    template: ClassVar[str] = "admin/applications/secret.html"
    name: str
    client_id: str
    secret: str
    old_until: int | None
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatePage(FormPage):
    """Whether to make a new secret; `overlaps` are for how long the old one may still work."""

    template: ClassVar[str] = "admin/applications/rotate.html"
    menu: Menu
    name: str
    overlaps: tuple[tuple[str, str], ...]
    back: str


@router.get("/applications/{client_id:path}/rotate")
async def get_rotate(client_id: str, request: Request, service: Serving) -> Response:
    principal, client = await admit(request, act=True), await flow.find(service, client_id)
    if client.secret_hash is None:
        raise Refused(Refusal.NOT_FOUND, "A public application has no secret.")
    page = RotatePage(
        csrf_token=session_token(service, principal),
        menu=menu_of(service),
        name=client.name,
        overlaps=tuple(OVERLAPS.items()),
        back=client_path(client_id),
    )
    return show(service, page)


@router.post("/applications/{client_id:path}/rotate")
async def post_rotate(client_id: str, request: Request, service: Serving) -> Response:
    overlap = (await read_form(request)).get("overlap", str(OVERLAP))
    if overlap not in OVERLAPS:
        raise Refused(Refusal.INVALID_REQUEST)
    client, secret = await flow.rotate_secret(service, client_id, int(overlap))
    return secret_given(service, client, secret)


@router.get("/applications/{client_id:path}/disable")
async def get_disable(client_id: str, request: Request, service: Serving) -> Response:
    principal, client = await admit(request, act=True), await flow.find(service, client_id)
    return question(
        service,
        principal,
        request,
        heading=f"Disable {client.name}?",
        sentence="It is refused from now on, and everything that people allowed it ends at once."
        " You can enable it again; what ended stays ended.",
        button="Disable",
        danger=True,
        back=client_path(client_id),
    )


@router.post("/applications/{client_id:path}/disable")
async def post_disable(client_id: str, service: Serving) -> Response:
    _, ended = await flow.disable_application(service, client_id)
    return see(service.site.path(client_path(client_id)), "application_disabled", ended)


@router.get("/applications/{client_id:path}/enable")
async def get_enable(client_id: str, request: Request, service: Serving) -> Response:
    principal, client = await admit(request, act=True), await flow.find(service, client_id)
    return question(
        service,
        principal,
        request,
        heading=f"Enable {client.name}?",
        sentence="It can ask people again. Who allowed it something before is not asked again for"
        " the same.",
        button="Enable",
        back=client_path(client_id),
    )


@router.post("/applications/{client_id:path}/enable")
async def post_enable(client_id: str, service: Serving) -> Response:
    await flow.enable_application(service, client_id)
    return see(service.site.path(client_path(client_id)), "application_enabled")


def secret_given(service: Service, client: Client, secret: str | None) -> Response:
    """The page that shows a client id and a new secret, once."""
    page = SecretPage(
        menu=menu_of(service),
        name=client.name,
        client_id=client.client_id,
        secret=secret or "",
        old_until=client.old_secret_until,
        back=client_path(client.client_id),
    )
    return show(service, page)
