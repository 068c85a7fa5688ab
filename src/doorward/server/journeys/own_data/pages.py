"""`/account/data`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from ....errors import Rejected
from ... import cookie_hint
from ...routes.access import ask_again
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import may_see_console
from ...routes.proven import ProvenRoute, proven
from ...routes.responses import see, session_token, show
from ...steps.confirm_password import owner
from ...ui.page import Page
from .flow import delete_account, file_name, own_data

router = APIRouter(route_class=ProvenRoute, include_in_schema=False)


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
    principal = await proven(service)
    await owner(service, principal)
    return show(service, OwnDataPage(console=may_see_console(principal)))


@router.get("/account/data/download")
async def get_download(request: Request, service: Serving) -> Response:
    """The file.  A proof that became too old leads back to the page, which stays where it is while
    a browser saves a file."""
    try:
        principal = await proven(service)
    except Rejected as refused:
        return ask_again(request, refused, service.site.path("/account/data"))
    pieces = await own_data(service, principal)
    disposition = f'attachment; filename="{file_name(service)}"'
    return StreamingResponse(
        pieces, media_type="application/json", headers={"content-disposition": disposition}
    )


@router.get("/account/data/delete")
async def get_delete(service: Serving) -> Response:
    principal = await proven(service)
    page = DeletePage(
        csrf_token=session_token(service, principal),
        email=(await owner(service, principal)).email,
        console=may_see_console(principal),
    )
    return show(service, page)


@router.post("/account/data/delete")
async def post_delete(request: Request, service: Serving) -> Response:
    await read_form(request)
    principal = await proven(service)
    await delete_account(service, principal)
    response = see(service.site.path("/login"), "deleted")
    await service.doorward.logout(request, response)
    cookie_hint.unmark(request, response)
    return response
