"""`/admin/scopes/new`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from starlette.responses import Response

from ....types import Principal
from ...refusals import Refused
from ...routes.access import admit
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import menu_of
from ...routes.responses import see, session_token, show, wrong
from ...service import Service
from ...ui.page import FormPage, Menu
from . import flow
from .pages import PATH

router = console_router()

FIELDS = ("name", "resource", "sentence")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddScopePage(FormPage):
    """Add a scope of an API."""

    template: ClassVar[str] = "admin/scopes/add.html"
    menu: Menu
    name: str = ""
    resource: str = ""
    sentence: str = ""


@router.get("/scopes/new")
async def get_new(request: Request, service: Serving) -> Response:
    return _page(service, await admit(request, act=True), {})


@router.post("/scopes/new")
async def post_new(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    name, resource, sentence = (form.get(field, "").strip() for field in FIELDS)
    try:
        await flow.add_scope(service, name, resource, sentence)
    except Refused as refused:
        return _page(service, await admit(request), form, refused)
    return see(service.site.path(PATH), "scope_added")


def _page(
    service: Service, principal: Principal, form: Mapping[str, str], refused: Refused | None = None
) -> Response:
    page = AddScopePage(
        csrf_token=session_token(service, principal),
        menu=menu_of(service),
        name=form.get("name", ""),
        resource=form.get("resource", ""),
        sentence=form.get("sentence", ""),
        **wrong(refused),
    )
    return show(service, page, refused)
