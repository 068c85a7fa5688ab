"""Logs requests that are refused by their form before or within a route."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ...web import client
from ...web.asgi import Message
from ...web.cors import REFUSED
from ..recorder import Recorder
from ..refusals import Refused
from .errors import refused_of

Handler = Callable[[Request, Any], Awaitable[Response]]

LogRefusal = Callable[[Refused, Message], None]
"""Takes a refusal and the scope of its request."""

MAX_REQUEST = 200
"""Characters of the method and path that a line shows."""


def refusal_log(recorder: Recorder, trusted: client.Trusted) -> LogRefusal:
    """Logs what is worth a line (see `Recorder.turned_away`)."""

    def log(refused: Refused, scope: Message) -> None:
        peer = client.peer_of(scope)
        address = client.address(peer, scope["headers"], trusted)
        request = f"{scope['method']} {scope['path']}"[:MAX_REQUEST]
        recorder.turned_away(refused, address, request)

    return log


def logged(handle: Handler, log: LogRefusal) -> Handler:
    """An exception handler that logs first."""

    async def handler(request: Request, error: Exception) -> Response:
        refused = refused_of(error)
        # a route's answer to a refused preflight is never sent; the gate records the refusal
        if refused is not None and request.scope.get(REFUSED) is None:
            log(refused, request.scope)
        return await handle(request, error)

    return handler
