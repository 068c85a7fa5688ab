"""`/oauth/authorize` and `/oauth/consent`."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from ...oauth.client_document import host_of as says_host
from ...oauth.redirect_uri import CheckedUri, host_of, is_provable
from ...oauth.request import Asked, Pairs, ToClient
from ...return_to import with_return
from ...routes.dependencies import Serving
from ...routes.forms import parsed, read_form
from ...routes.leaving import MOST, from_our_pages, leave, read_pairs
from ...routes.responses import form_token, see, show
from ...routes.submit_once import PageRoute
from ...service import Service
from ...ui.page import Page
from .flow import AUTHORIZE, Allowed, Ask, Login, Outcome, authorize, consent

router = APIRouter(route_class=PageRoute, include_in_schema=False)
open_router = APIRouter(route_class=APIRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage(Page):
    """Whether an application may do what `sentences` say.  `host` is where the answer goes, the one
    thing here that the application did not choose freely; `claimable`: any program of the device
    may be what is there.  `email` is the account; `offline`: it goes on after a logout.  `unproven`
    is the host that alone says what the application is, empty for one that the operator registered.
    `query` is the request, which the form brings back."""

    template: ClassVar[str] = "journeys/authorize/consent.html"
    csrf_token: str
    query: str
    name: str
    host: str
    sentences: tuple[str, ...]
    email: str
    offline: bool
    claimable: bool = False
    unproven: str = ""


@router.get(AUTHORIZE)
async def get_authorize(request: Request, service: Serving) -> Response:
    """By a link or redirect of the application, or on the way back from our own pages."""
    pairs = read_pairs(request.scope["query_string"])
    outcome = await authorize(service, pairs)
    return await _answer(service, outcome, pairs, from_our_pages(request, service))


@open_router.post(AUTHORIZE)
async def post_authorize(request: Request, service: Serving) -> Response:
    """The same as a form of the application's page (OpenID Connect Core section 3.1.2.1).  No
    cookie of ours comes with it, so it is asked for once more by a GET."""
    form = parsed(request.headers.getlist("content-type"), await request.body(), MOST)
    return see(f"{service.site.path(AUTHORIZE)}?{urlencode(form)}")


@router.post("/oauth/consent")
async def post_consent(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    pairs = read_pairs(form.get("query", "").encode("ascii", "replace"))
    # nothing but this word allows
    outcome = await consent(service, pairs, yes=form.get("decision") == "allow")
    return await _answer(service, outcome, pairs, by_form=True)


async def _answer(service: Service, outcome: Outcome, pairs: Pairs, by_form: bool) -> Response:
    match outcome:
        case Login(page, back):
            return see(with_return(service.site.path(page), back))
        case Ask(asked, user):
            return show(service, await _consent_page(asked, user.email, pairs))
        case Allowed(asked, code):
            return _leave(service, asked.uri, by_form, code=code, state=asked.state)
        case ToClient(uri, error, state, description, unproven):
            said = {"error": error, "error_description": description, "state": state}
            waits = unproven and not by_form
            return _leave(service, uri, by_form or unproven, waits=waits, **said)


def _leave(
    service: Service, uri: CheckedUri, by_page: bool, *, waits: bool = False, **said: str
) -> Response:
    """Go on to the application, which is told who answers (RFC 9207)."""
    said["iss"] = service.provider.issuer
    return leave(service, uri, said, by_page=by_page, waits=waits)


async def _consent_page(asked: Asked, email: str, pairs: Pairs) -> ConsentPage:
    return ConsentPage(
        csrf_token=await form_token(),
        query=urlencode(pairs),
        name=asked.client.name,
        host=host_of(asked.uri),
        sentences=tuple(each.sentence for each in asked.scopes),
        email=email,
        offline=asked.offline,
        claimable=not is_provable(asked.uri),
        unproven=says_host(asked.client.client_id) if asked.client.describes_itself else "",
    )
