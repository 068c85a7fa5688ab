"""`/account/data`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from ....errors import Reason, Rejected
from ....web import origin
from ....web.fastapi import Guard
from ... import cookie_hint
from ...return_to import with_return
from ...routes.access import FRESH
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import may_see_console
from ...routes.responses import see, show
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.confirm_password import owner
from ...ui.page import Page
from .flow import delete_account, file_name, own_data

router = APIRouter(route_class=PageRoute, include_in_schema=False)

confirmed = Guard(fresh=FRESH)
"""Who is logged in, and proved it lately: whoever finds a browser open gets neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDataPage(Page):
    """What can be downloaded, and the way to the deletion."""

    template: ClassVar[str] = "journeys/own_data/own_data.html"
    console: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePage(Page):
    """Whether to delete one's own account."""

    template: ClassVar[str] = "journeys/own_data/delete.html"
    csrf_token: str
    email: str
    console: bool = False


@router.get("/account/data")
async def get_data(service: Serving) -> Response:
    principal = await confirmed()
    await owner(service, principal)
    return show(service, OwnDataPage(console=may_see_console(principal)))


@router.get("/account/data/download")
async def get_download(service: Serving) -> Response:
    """The file.  A proof that became too old leads back to the page, which stays where it is while
    a browser saves a file."""
    try:
        principal = await confirmed()
    except Rejected as refused:
        if refused.reason is not Reason.STEP_UP_REQUIRED:
            raise
        return see(_elevate(service, "/account/data"))
    pieces = await own_data(service, principal)
    disposition = f'attachment; filename="{file_name(service)}"'
    return StreamingResponse(
        pieces, media_type="application/json", headers={"content-disposition": disposition}
    )


@router.get("/account/data/delete")
async def get_delete(service: Serving) -> Response:
    principal = await confirmed()
    page = DeletePage(
        csrf_token=origin.csrf_token(service.auth.csrf_keys, principal.sid),
        email=(await owner(service, principal)).email,
        console=may_see_console(principal),
    )
    return show(service, page)


@router.post("/account/data/delete")
async def post_delete(request: Request, service: Serving) -> Response:
    await read_form(request)
    try:
        principal = await confirmed()
    except Rejected as refused:
        if refused.reason is not Reason.STEP_UP_REQUIRED:
            raise
        return see(_elevate(service, "/account/data/delete"))
    await delete_account(service, principal)
    response = see(service.site.path("/login"), "deleted")
    await service.doorward.logout(request, response)
    cookie_hint.unmark(request, response)
    return response


def _elevate(service: Service, back: str) -> str:
    """The way to a new proof, and from there to the question, never to the deed."""
    return with_return(service.site.path("/elevate"), service.site.path(back))
