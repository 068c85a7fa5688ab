"""Asked by a reverse proxy, before it lets a request through to an application: who makes it?"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, Response

from ...errors import Reason, Rejected
from ...types import Principal
from ...web.asgi import current_visit
from ...web.problem import document
from ...web.transport import NO_STORE, Header
from ..service import Service
from .api import PROBLEM, Serving
from .strict_json import StrictRoute

PLAIN = "!$&'()*+-./:;=@_|~"
"""What stands for itself in the names that a header holds, beside letters and digits."""

UNTOLD = (
    "No proxy that is named with --trusted-proxies told one method in X-Original-Method or"
    " X-Forwarded-Method, so this is taken for an unsafe request of another site."
)

log = logging.getLogger("doorward")

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


@router.get(
    "/api/forward-auth",
    tags=["Server"],
    summary="May this request pass?",
    response_class=Response,
    responses={200: {"description": "Yes; the headers X-Doorward-... say for whom."}},
)
async def get_forward_auth(service: Serving) -> Response:
    """For `auth_request` of nginx and its like in other proxies. What counts is the method of the
    request that is asked about, which a trusted proxy tells in `X-Original-Method` or
    `X-Forwarded-Method`; without it, a cookie from another site is refused."""
    visit = current_visit()
    by_proxy = visit.asks_about_another()
    try:
        principal = await visit.principal()
    except Rejected as refused:
        if by_proxy or refused.reason is not Reason.CROSS_ORIGIN:
            raise
        return _untold(service, visit.peer)
    response = Response()
    response.raw_headers += [*names(principal), NO_STORE]
    if by_proxy:  # else a script of ours asks, which can read every header but Set-Cookie
        response.raw_headers += copies(await visit.cookies())
    return response


def _untold(service: Service, peer: str) -> Response:
    """Refused because nobody whom we believe told a method: most often a proxy that was never named
    to us.  It drops our sentence, so the log says it to its operator."""
    if service.sparing.lets(peer, service.clock()):
        log.warning("forward-auth: no method is known of what %s asks about. %s", peer, UNTOLD)
    body = document(HTTPStatus.FORBIDDEN, Reason.CROSS_ORIGIN, UNTOLD)
    response = Response(body, HTTPStatus.FORBIDDEN, media_type="application/problem+json")
    response.raw_headers.append(NO_STORE)
    return response


def names(principal: Principal) -> list[Header]:
    """Who it is, in headers."""
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
