"""How a browser leaves for an application."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.responses import Response

from ..oauth.redirect_uri import CheckedUri, host_of, with_parameters
from ..oauth.request import Pairs
from ..refusals import Refusal, Refused
from ..service import Service
from ..ui.page import Page
from .responses import show

MOST = 32
"""Parameters of a request."""

_LEAVING = {"referrer-policy": "no-referrer", "cache-control": "no-store"}
"""The next site is not told the address of this page, and no cache keeps where it leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryingOnPage(Page):
    """The browser goes on to `address` by itself.  A redirect in answer to a form would not leave
    this site: `form-action` of our pages forbids that."""

    template: ClassVar[str] = "carry_on.html"
    address: str
    host: str


def leave(service: Service, uri: CheckedUri, said: Mapping[str, str], *, by_form: bool) -> Response:
    """Go on to an application, which is told this in its address.  `by_form`: a form of ours led
    here."""
    address = with_parameters(uri, **said)
    if by_form:
        page = show(service, CarryingOnPage(address=address, host=host_of(uri)))
        page.headers.update(_LEAVING)
        return page
    response = Response(status_code=302, headers=_LEAVING)
    response.headers["location"] = address
    return response


def from_our_pages(request: Request, service: Service) -> bool:
    """Whether a form of ours may have led here, such as that of the login: browsers then hold a
    redirect to its `form-action`, too."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("referer", "").startswith(service.options.origin + "/")


def read_pairs(query: bytes) -> Pairs:
    """The parameters of a request, in their order.  Raises `Refused`."""
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(query),
            errors="strict",
            max_num_fields=MOST,
        )
    except ValueError:
        raise Refused(Refusal.INVALID_REQUEST, "The request cannot be read.") from None
