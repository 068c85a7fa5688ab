"""`/admin/applications/new`, and the same form to change one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from fastapi import Request
from starlette.responses import Response

from ....types import Principal
from ...oauth.client import RS256, Changes, Client, Kind
from ...refusals import Refusal, Refused
from ...routes.access import admit
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import menu_of
from ...routes.responses import see, session_token, show, wrong
from ...service import Service
from ...ui.page import FormPage, Menu
from . import flow
from .acts import secret_given
from .pages import client_path

LISTS = ("redirect_uris", "post_logout_uris", "scopes")
FLAGS = ("acts_for_itself", "pkce_exempt")

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFormPage(FormPage):
    """Register an application, or change one, whose `client_id` is not empty.  Lists are texts with
    a line for each value; `known` are the scopes that there are."""

    template: ClassVar[str] = "admin/applications/form.html"
    menu: Menu
    known: tuple[str, ...]
    client_id: str = ""
    name: str = ""
    kind: str = "confidential"
    redirect_uris: str = ""
    post_logout_uris: str = ""
    scopes: str = ""
    acts_for_itself: bool = False
    pkce_exempt: bool = False
    id_token_alg: str = ""


@router.get("/applications/new")
async def get_new(request: Request, service: Serving) -> Response:
    return await _page(service, await admit(request, act=True), {})


@router.post("/applications/new")
async def post_new(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    try:
        client, secret = await flow.add_application(service, _kind(form), _said(form))
    except Refused as refused:
        return await _page(service, await admit(request), form, refused)
    return secret_given(service, client, secret)


@router.get("/applications/{client_id:path}/edit")
async def get_edit(client_id: str, request: Request, service: Serving) -> Response:
    principal, client = await admit(request, act=True), await flow.find(service, client_id)
    return await _page(service, principal, _form_of(client), client=client)


@router.post("/applications/{client_id:path}/edit")
async def post_edit(client_id: str, request: Request, service: Serving) -> Response:
    form, client = await read_form(request), await flow.find(service, client_id)
    try:
        _, ended = await flow.change_application(service, client_id, _said(form))
    except Refused as refused:
        return await _page(service, await admit(request), form, refused, client)
    return see(service.site.path(client_path(client_id)), "application_changed", ended)


def _kind(form: Mapping[str, str]) -> Kind:
    match form.get("kind"):
        case "public":
            return "public"
        case "confidential":
            return "confidential"
    raise Refused(Refusal.INVALID_REQUEST)


def _said(form: Mapping[str, str]) -> Changes:
    lists = {name: form.get(name, "").split() for name in LISTS}
    flags = {name: form.get(name) == "yes" for name in FLAGS}
    alg = form.get("id_token_alg") or None
    return cast("Changes", {"name": form.get("name", ""), "id_token_alg": alg, **lists, **flags})


def _form_of(client: Client) -> Mapping[str, str]:
    lists = {name: "\n".join(sorted(getattr(client, name))) for name in LISTS}
    flags = {name: "yes" if getattr(client, name) else "no" for name in FLAGS}
    alg = client.id_token_alg or ""
    return {"name": client.name, "kind": client.kind, "id_token_alg": alg, **lists, **flags}


async def _page(
    service: Service,
    principal: Principal,
    form: Mapping[str, str],
    refused: Refused | None = None,
    client: Client | None = None,
) -> Response:
    page = ClientFormPage(
        csrf_token=session_token(service, principal),
        menu=menu_of(service),
        known=tuple(sorted(await service.provider.scopes.known())),
        client_id="" if client is None else client.client_id,
        name=form.get("name", ""),
        kind=form.get("kind", "confidential") if client is None else client.kind,
        redirect_uris=form.get("redirect_uris", ""),
        post_logout_uris=form.get("post_logout_uris", ""),
        scopes=form.get("scopes", ""),
        acts_for_itself=form.get("acts_for_itself") == "yes",
        pkce_exempt=form.get("pkce_exempt") == "yes",
        id_token_alg=RS256 if form.get("id_token_alg") == RS256 else "",
        **wrong(refused),
    )
    return show(service, page, refused)
