"""`/api/forward-auth`."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from ....errors import Reason, Rejected
from ....types import Principal
from ....web import client
from ....web.asgi import current_visit
from ....web.problem import STATUS, document, problem
from ....web.return_to import PAGE_METHODS, is_navigation, local_path
from ....web.transport import NO_STORE, Header
from ....web.visit import Visit
from ...return_to import with_return
from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute
from ...service import Service

PLAIN = "!$&'()*+-./:;=@_|~"
"""The characters that are not percent-encoded in a header, beside letters and digits."""

UNTOLD = (
    "No proxy that is named with --trusted-proxies gave one method in X-Original-Method or"
    " X-Forwarded-Method, so this counts as an unsafe request from another site."
)

_PREFLIGHT = frozenset({b"origin", b"access-control-request-method"})
_CREDENTIALS = frozenset({b"cookie", b"authorization"})
_MORE_THAN_A_QUESTION = frozenset(
    {
        *(b"upgrade", b"http2-settings", b"transfer-encoding", b"content-length"),
        *(b"x-http-method", b"x-http-method-override", b"x-method-override"),
    }
)
"""Headers that no browser sends with a preflight, and that might make the application act on it."""

NOBODY: tuple[Header, ...] = (
    (b"x-doorward-subject", b""),
    (b"x-doorward-roles", b""),
    (b"x-doorward-sid", b""),
)
"""Empty values, which overwrite what a client sent under these names."""

_OURS = frozenset(name for name, _ in NOBODY)

log = logging.getLogger("doorward")

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


@router.get(
    "/api/forward-auth",
    tags=["Server"],
    summary="May this request pass?",
    response_class=Response,
    responses={
        200: {"description": "Allowed; the headers X-Doorward-... name the subject."},
        303: {"description": "A browser opens a page: a redirect to log in and return."},
    },
)
async def get_forward_auth(service: Serving) -> Response:
    """For `auth_request` of nginx and its like in other proxies. What counts is the method of the
    request that is asked about, which a trusted proxy tells in `X-Original-Method` or
    `X-Forwarded-Method`; without it, a cookie from another site is refused."""
    visit = current_visit()
    await _check_names(visit)
    by_proxy = visit.asks_about_another()
    response = Response()
    if by_proxy and service.options.pass_preflights and _is_preflight(visit):
        response.raw_headers += [*NOBODY, NO_STORE]
        return response
    try:
        principal = await visit.principal()
    except Rejected as refused:
        if not by_proxy and refused.reason is Reason.CROSS_ORIGIN:
            return _untold(service, visit.peer)
        login = _login(service, visit) if STATUS[refused.reason] == 401 else ""
        if not by_proxy or not login:
            raise
        return _sent(refused, login, visit)
    response.raw_headers += [*names(principal), NO_STORE]
    if by_proxy:  # else a script of ours asks, which can read every header but Set-Cookie
        response.raw_headers += copies(await visit.cookies())
    return response


async def _check_names(visit: Visit) -> None:
    """Refuse `X_Doorward_Subject` and its like: a proxy overwrites the names with hyphens alone,
    and CGI and WSGI would give the application both under one name (CVE-2015-0219)."""
    for name, _ in visit.headers:
        if b"_" in name and name.replace(b"_", b"-") in _OURS:
            refused = Rejected(Reason.MALFORMED, "a header with the name of one of ours")
            await visit.tell(refused)
            raise refused


def _is_preflight(visit: Visit) -> bool:
    """Whether this is a CORS preflight (Fetch, section 4.9), which carries no credential and which
    only the application can answer.  Anybody can send the same, and many applications answer
    OPTIONS with the page itself."""
    said = {name for name, _ in visit.headers}
    asks = visit.method == "OPTIONS" and said >= _PREFLIGHT
    # CGI and WSGI give an application one name for both
    taken_for = {name.replace(b"_", b"-") for name in said}
    return asks and not taken_for & (_CREDENTIALS | _MORE_THAN_A_QUESTION)


def _login(service: Service, visit: Visit) -> str:
    """The address of the login page, with the way back, for a browser that opens a page.  Empty for
    a program, and where the redirect would never end: under another host, which gets no cookies of
    the login, and for the login page itself."""
    place = visit.peer, visit.headers, visit.gate.trusted
    asked, origin = client.uri(*place), service.options.origin
    login = service.site.path("/login")
    if not asked or asked.partition("?")[0] == login or not is_navigation(visit.headers):
        return ""
    if client.host(*place).lower() != urlsplit(origin).netloc:
        return ""
    back = local_path(asked) if visit.method in PAGE_METHODS else ""
    return origin + with_return(login, back)


def _sent(refused: Rejected, login: str, visit: Visit) -> Response:
    """A redirect, which Traefik and Caddy pass on. nginx accepts only 401 and 403 in
    `auth_request`, and reads the address from a header."""
    if any(name == b"x-original-method" for name, _ in visit.headers):
        status, headers, body = problem(refused)
        response = Response(body, status)
        response.raw_headers = [*headers, (b"x-doorward-login", login.encode("ascii"))]
        return response
    return RedirectResponse(login, 303)


def _untold(service: Service, peer: str) -> Response:
    """Refused because nobody whom we believe told a method: most often a proxy that was never named
    to us.  It drops our sentence, so the log says it to its operator."""
    if service.sampling.lets(peer, service.clock()):
        log.warning(
            "forward-auth: %s asks about a request whose method is not known. %s", peer, UNTOLD
        )
    body = document(HTTPStatus.FORBIDDEN, Reason.CROSS_ORIGIN, UNTOLD)
    response = Response(body, HTTPStatus.FORBIDDEN, media_type="application/problem+json")
    response.raw_headers.append(NO_STORE)
    return response


def names(principal: Principal) -> list[Header]:
    """The headers that name the principal."""
    said = {
        b"x-doorward-subject": _plain(principal.subject),
        b"x-doorward-roles": ",".join(map(_plain, sorted(principal.roles))),
        b"x-doorward-sid": principal.sid,
    }
    return [(name, value.encode("ascii")) for name, value in said.items()]


def copies(headers: Sequence[Header]) -> list[Header]:
    """Each cookie of an inline refresh once more, in a header of its own: of several `Set-Cookie`,
    nginx hands on the first or, since 1.23, all in one line."""
    cookies = [value for name, value in headers if name == b"set-cookie"]
    return [(b"x-doorward-set-cookie-%d" % place, each) for place, each in enumerate(cookies, 1)]


def _plain(name: str) -> str:
    """Percent-encoded where it could be misread in a list or lose its spaces at the ends."""
    return quote(name, safe=PLAIN)
