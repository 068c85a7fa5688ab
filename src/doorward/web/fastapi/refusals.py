"""How a FastAPI application answers what Doorward refuses, also where others are mounted in it."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware as AnyMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from ...errors import ConfigurationError, DoorwardError, Reason, Rejected, StoreUnavailable
from ..asgi import Middleware
from ..lifecycle import Lifecycle
from ..problem import problem
from ..return_to import is_navigation, way_to_login

Handler = Callable[[Any, Any], Awaitable[Response]]


Denied = Callable[[Any, Rejected], Response | None]
"""The page for a person who may not do this: takes the request's scope; None leaves a problem."""

_LACKING = {Reason.INSUFFICIENT_ROLE, Reason.INSUFFICIENT_SCOPE, Reason.UNVERIFIED}
"""The refusals of which such a page tells.  Any other would be hidden by it, with its headers."""


def answering(
    login_page: str | None, elevate_page: str | None, denied: Denied | None = None
) -> Handler:
    """The handler of refusals.  With `login_page` it sends browsers there, and with `elevate_page`
    those who must prove a factor again; `denied` makes the page of a person who lacks a role."""

    def for_people(scope: Any, error: Rejected) -> Response | None:
        if login_page is None:
            return None
        login = way_to_login(scope, error, login_page, elevate_page or "")
        if login:
            return RedirectResponse(login, 303, {"cache-control": "no-store"})
        if not denied or error.reason not in _LACKING or not is_navigation(scope["headers"]):
            return None
        return denied(scope, error)

    async def answer(connection: HTTPConnection, error: Exception) -> Response:
        if connection.scope["type"] != "http" or not isinstance(error, Rejected | StoreUnavailable):
            raise error  # a WebSocket may be open already; the gate closes it
        if isinstance(error, Rejected) and (page := for_people(connection.scope, error)):
            return page
        status, headers, body = problem(error)
        response = Response(body, status)
        response.raw_headers = headers
        return response

    return answer


def check_no_handler(app: Starlette) -> None:
    """Raises `ConfigurationError` where the application answers refusals itself."""
    for kind in (Rejected, DoorwardError):
        if kind in app.exception_handlers:
            raise ConfigurationError(
                f"login_page would do nothing: the application has an exception handler for"
                f" {kind.__name__}, which is kept. Leave login_page out, and let that handler ask"
                " doorward.web.return_to.way_to_login for the address"
            )


def put_handlers(app: Starlette, handler_of: Callable[[type[Exception]], Any]) -> None:
    """Answer both refusals, where the application has no handler of its own."""
    for kind in (Rejected, StoreUnavailable):
        if not app.exception_handlers.keys() & {kind, DoorwardError}:
            app.exception_handlers[kind] = handler_of(kind)


def put_into_mounted(app: Starlette, lifecycle: Lifecycle) -> None:
    """Let refusals cross a mount: an application within another answers what it does not know with
    500, before the outer one hears of it.  It refuses as the outer one does, unless it has handlers
    or a gate of its own."""

    def handler_of(kind: type[Exception]) -> Any:
        return app.exception_handlers.get(kind) or app.exception_handlers[DoorwardError]

    for inner in _mounted(app.routes):
        if getattr(inner.state, "doorward", None) is None:
            put_handlers(inner, handler_of)
            # for refusals of its own middleware, which no handler sees
            inner.user_middleware.insert(0, AnyMiddleware(Middleware, lifecycle=lifecycle))
            put_into_mounted(inner, lifecycle)


def _mounted(routes: Iterable[BaseRoute]) -> Iterator[Starlette]:
    for route in routes:
        inner = getattr(route, "_base_app", getattr(route, "app", None))
        while inner is not None and not isinstance(inner, Starlette):
            # the usual name of the application inside a middleware
            inner = getattr(inner, "app", None)
        if inner is None:
            # FastAPI includes routers as they are
            holder = getattr(route, "original_router", route)
            yield from _mounted(getattr(holder, "routes", ()))
        else:
            yield inner
