"""`/oauth/logout`."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from ....web.asgi import current_visit
from ...oauth.redirect_uri import host_of
from ...oauth.request import Pairs
from ...routes.dependencies import Serving
from ...routes.forms import parsed, read_form
from ...routes.leaving import MOST, from_our_pages, leave, read_pairs
from ...routes.logged_out import log_out
from ...routes.responses import form_token, see, show, who_is_in_this_browser
from ...routes.submit_once import PageRoute
from ...service import Service
from ...ui.page import Page
from .flow import LogoutAsked, judged, may_be_silent

PATH = "/oauth/logout"

router = APIRouter(route_class=PageRoute, include_in_schema=False)
open_router = APIRouter(route_class=APIRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessionPage(Page):
    """Whether to log out, as the application `name` wants; it is empty if none is named.  `host` is
    where the person goes afterwards, or empty.  `query` is the request, which the form brings
    back."""

    template: ClassVar[str] = "journeys/end_session/end_session.html"
    csrf_token: str
    query: str
    name: str
    host: str


@router.get(PATH)
async def get_logout(request: Request, service: Serving) -> Response:
    """By a link or redirect of the application."""
    pairs = read_pairs(request.scope["query_string"])
    asked = await judged(service, pairs)
    if await may_be_silent(service, asked, await who_is_in_this_browser()):
        return await _logged_out(service, request, asked, by_form=from_our_pages(request, service))
    if asked.uri is None and not current_visit().held():
        return see(service.site.path("/login"))
    return show(service, await _page(asked, pairs))


@open_router.post(PATH)
async def post_logout(request: Request, service: Serving) -> Response:
    """The same as a form of the application's page.  No cookie of ours comes with it, so it is
    asked for once more by a GET."""
    form = parsed(request.headers.getlist("content-type"), await request.body(), MOST)
    return see(f"{service.site.path(PATH)}?{urlencode(form)}")


@router.post(PATH + "/confirm")
async def post_confirm(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    asked = await judged(service, read_pairs(form.get("query", "").encode("ascii", "replace")))
    return await _logged_out(service, request, asked, by_form=True)


async def _logged_out(
    service: Service, request: Request, asked: LogoutAsked, *, by_form: bool
) -> Response:
    if asked.uri is None:
        return await log_out(service, request)
    way_on = leave(service, asked.uri, {"state": asked.state}, by_form=by_form)
    return await log_out(service, request, way_on)


async def _page(asked: LogoutAsked, pairs: Pairs) -> EndSessionPage:
    return EndSessionPage(
        csrf_token=await form_token(),
        query=urlencode(pairs),
        name="" if asked.client is None else asked.client.name,
        host="" if asked.uri is None else host_of(asked.uri),
    )
