"""`/admin/users/new`."""

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
from ...routes.responses import see, session_token, show, user_path, wrong
from ...service import Service
from ...ui.page import FormPage, Menu
from . import flow
from .acts import link_given, role_names

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddUserPage(FormPage):
    """Make an account for somebody.  `mails`: whether an invitation is mailed; `invite`: whether
    one is to be made."""

    template: ClassVar[str] = "admin/users/add.html"
    menu: Menu
    mails: bool
    email: str = ""
    roles: str = ""
    invite: bool = True


@router.get("/users/new")
async def get_new(request: Request, service: Serving) -> Response:
    return _page(service, await admit(request, act=True), {"invite": "yes"})


@router.post("/users/new")
async def post_new(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    try:
        given = role_names(form.get("roles", ""))
        user = await flow.add_user(service, form.get("email", ""), given)
    except Refused as refused:
        return _page(service, await admit(request), form, refused)
    if form.get("invite") != "yes":
        return see(service.site.path(user_path(user.subject)), "user_added")
    made = await flow.invite(service, user.subject)
    return link_given(service, made, "Invitation", "invitation_sent")


def _page(
    service: Service, principal: Principal, form: Mapping[str, str], refused: Refused | None = None
) -> Response:
    page = AddUserPage(
        csrf_token=session_token(service, principal),
        menu=menu_of(service),
        mails=service.options.mail == "smtp",
        email=form.get("email", ""),
        roles=form.get("roles", ""),
        invite=form.get("invite") == "yes",
        **wrong(refused),
    )
    return show(service, page, refused)
