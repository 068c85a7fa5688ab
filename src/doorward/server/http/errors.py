"""How a refusal looks: a page where people are, problem details where programs are."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ...errors import EXPLANATIONS, Reason, Rejected, StoreUnavailable
from ...passwords import Busy
from ...web.origin import FROM_ELSEWHERE
from ...web.problem import STATUS, problem, retry_after
from ...web.return_to import PAGE_METHODS
from ...web.transport import Header
from ..refusals import Refusal, Refused
from ..return_to import asked_for, own_path, with_return
from ..routes.notices import announce
from ..ui.page import MessagePage
from ..ui.rendering import render
from ..ui.site import Site

_FOR_PROGRAMS = ("/api/", "/.well-known/", "/static/")
_PROGRAMS = frozenset(
    {
        "/api",
        "/healthz",
        "/metrics",
        "/openapi.json",
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/introspect",
        "/oauth/userinfo",
    }
)

_HEADINGS = {
    400: "That did not work",
    401: "Not logged in",
    403: "Not allowed",
    404: "Nothing here",
    405: "Not like this",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "Not available just now",
}

_WAY_ON: dict[str, tuple[str, str]] = {
    Refusal.FACTOR_REQUIRED: ("/account/security", "Go to Security"),
    Refusal.INVALID_LINK: ("/login", "Go to the login page"),
    Refusal.LOGIN_EXPIRED: ("/login", "Go to the login page"),
    Refusal.INVALID_HINT: ("/logout", "Log out here"),
}
"""Where to go after a refusal, if not to the front page."""

_UNAVAILABLE = {
    "store_unavailable": (
        "The database of this server does not answer. You are still logged in; try again soon."
    ),
    "moved": (
        "This service is moving to another place, and nothing can be changed here meanwhile. You"
        " are still logged in; try again soon. If this goes on, tell the operator."
    ),
}

_FOR_PEOPLE = {Reason.INSUFFICIENT_ROLE: "Your account may not do this."}
"""The sentences of pages where those for programs would puzzle people."""

_LACKING = {
    Reason.INSUFFICIENT_ROLE: (
        "This page needs a role that your account does not have. Ask an administrator for it."
    ),
    Reason.INSUFFICIENT_SCOPE: "This page needs a scope that your login does not have.",
    Reason.UNVERIFIED: "This page needs a confirmed e-mail address.",
}
"""What a person lacks for a page of an application."""

_BY_LETTER = (
    "Open the link in the letter that was sent to you, or have it sent again from your account."
)
_BY_OPERATOR = "Ask those who run this site how to confirm yours."

_ENDED = {
    **dict.fromkeys((Reason.EXPIRED, Reason.IDLE), "expired"),
    **dict.fromkeys((Reason.UNKNOWN, Reason.REVOKED, Reason.REUSED, Reason.UNSTEADY), "was_ended"),
}
"""Why the session has ended, for a person with a dead credential."""


def is_page(scope: Mapping[str, Any]) -> bool:
    """Whether people look at the path of this request, so that its refusals are pages."""
    path = own_path(scope)
    return path not in _PROGRAMS and not path.startswith(_FOR_PROGRAMS)


def answer(scope: Mapping[str, Any], refused: Refused) -> Response:
    """The answer to what the server refuses; `scope` is that of the request."""
    if is_page(scope):
        return _page(scope, refused.status, str(refused), refused.reason, refused.headers)
    return _raw(refused.status, refused.headers, refused.document, b"application/problem+json")


def refused_of(error: Exception) -> Refused | None:
    """The refusal that an error of the routes becomes; None for one that becomes another answer."""
    match error:
        case Refused():
            return error
        case Busy():
            return Refused(Refusal.BUSY, retry_after=error.retry_after)
        case RequestValidationError():
            return Refused(Refusal.INVALID_REQUEST, _what_is_wrong(error))
        case HTTPException():
            return _by_the_router(error)
    return None


def _what_is_wrong(error: RequestValidationError) -> str:
    """Which member is wrong and what it should be, without its value: it may be a secret."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return f"{where}: {first['msg']}." if where else "The body must be a JSON object."


def _by_the_router(error: HTTPException) -> Refused:
    """No such path, or no such method there."""
    allowed = tuple(
        (name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()
    )
    known = {404: Refusal.NOT_FOUND, 405: Refusal.METHOD_NOT_ALLOWED}
    reason = known.get(error.status_code, Refusal.INVALID_REQUEST)
    return Refused(reason, headers=allowed)


async def on_refused(request: Request, error: Exception) -> Response:
    """Answers every error that `refused_of` maps to a refusal."""
    refused = refused_of(error)
    if refused is None:
        raise error
    return answer(request.scope, refused)


async def on_unavailable(request: Request, error: StoreUnavailable) -> Response:
    request.app.state.service.recent_failure.happened(str(error))
    if not is_page(request.scope):
        return _raw(*problem(error))
    return _page(request.scope, 503, _UNAVAILABLE[error.reason], error.reason, [retry_after(error)])


async def on_rejected(request: Request, error: Rejected) -> Response:
    """On a page, who is not logged in is led to the login page, and back again afterwards."""
    if not is_page(request.scope):
        return _raw(*problem(error))
    if error.reason is Reason.CROSS_ORIGIN:
        return _page(request.scope, 403, _cross_origin(request, str(error)), error.reason, [])
    if STATUS[error.reason] != 401:
        sentence = _FOR_PEOPLE.get(error.reason, EXPLANATIONS[error.reason])
        return _page(request.scope, STATUS[error.reason], sentence, error.reason, [])
    site = _site(request.scope)
    again = request.method in PAGE_METHODS
    back = asked_for(request.scope) if again else site.path("/account")
    page = "/elevate" if error.reason is Reason.STEP_UP_REQUIRED else "/login"
    response = RedirectResponse(
        with_return(site.path(page), "" if back == site.path("/") else back), 303
    )
    if error.reason in _ENDED:
        announce(response, _ENDED[error.reason])
    return response


def denied(error: Rejected, site: Site, *, letters: bool) -> Response | None:
    """The page of an application for a person who is logged in and lacks what it asks for.
    `letters`: whether the account's page sends the letter that confirms an address."""
    if error.reason not in _LACKING:
        return None
    sentence, helps = _LACKING[error.reason], True
    if error.reason is Reason.UNVERIFIED:
        sentence, helps = f"{sentence} {_BY_LETTER if letters else _BY_OPERATOR}", letters
    page = MessagePage(
        heading=_HEADINGS[403],
        sentence=sentence,
        status=403,
        reason=error.reason,
        link="/account" if helps else "",
        link_text="Go to your account" if helps else "",
    )
    return HTMLResponse(render(page, site), 403, {"cache-control": "no-store"})


async def on_failure(request: Request, error: Exception) -> Response:
    """Answers an unexpected error; `Headers` logs it."""
    return answer(request.scope, Refused(Refusal.INTERNAL))


def _cross_origin(request: Request, sentence: str) -> str:
    """Names the address to open, for people, and what was seen, for support."""
    own = request.app.state.service.options.origin
    plain = f"This form was not sent from {own}. Open that address and try again there."
    if sentence == EXPLANATIONS[Reason.CROSS_ORIGIN]:
        return plain
    return f"{plain} {sentence}" if sentence.startswith(FROM_ELSEWHERE) else sentence


def _page(
    scope: Mapping[str, Any], status: int, sentence: str, reason: str, headers: list[Header]
) -> Response:
    link, link_text = _WAY_ON.get(reason, ("/", "Go to the front page"))
    page = MessagePage(
        heading=_HEADINGS.get(status, "That did not work"),
        sentence=sentence,
        status=status,
        reason=reason,
        link=link,
        link_text=link_text,
    )
    response = HTMLResponse(render(page, _site(scope)), status)
    for name, value in headers:
        response.headers.append(name.decode(), value.decode())
    return response


def _site(scope: Mapping[str, Any]) -> Site:
    """The look of the pages; our own where a layer serves something else than the server."""
    app = scope.get("app")
    return Site() if app is None else app.state.site


def _raw(status: int, headers: list[Header], body: bytes, media_type: bytes = b"") -> Response:
    response = Response(body, status)
    typed = [(b"content-type", media_type)] if media_type else []
    response.raw_headers = [*headers, *typed]
    if all(name != b"content-length" for name, _ in headers):
        response.raw_headers.append((b"content-length", b"%d" % len(body)))
    return response
