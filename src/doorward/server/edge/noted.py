"""What is refused by its form is told to the recorder, wherever that is decided."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ...passwords import Busy
from ...web import client
from ...web.asgi import Message
from ..recorder import Recorder
from ..refusals import Refusal, Refused

Handler = Callable[[Request, Any], Awaitable[Response]]

Note = Callable[[Refused, Message], None]
"""Told of a refusal and of the scope of the request."""

MOST_REQUEST = 200
"""Characters of the method and path that a line shows."""


def noting(recorder: Recorder, trusted: client.Trusted) -> Note:
    """Notes what is worth a line (see `Recorder.turned_away`)."""

    def note(refused: Refused, scope: Message) -> None:
        peer = (scope.get("client") or ("",))[0]
        address = client.address(peer, scope["headers"], trusted)
        what = f"{scope['method']} {scope['path']}"[:MOST_REQUEST]
        recorder.turned_away(refused, address, what)

    return note


def noted(handle: Handler, note: Note) -> Handler:
    """An exception handler that notes first."""

    async def handler(request: Request, error: Exception) -> Response:
        refused = _refused(error)
        if refused is not None:
            note(refused, request.scope)
        return await handle(request, error)

    return handler


def _refused(error: Exception) -> Refused | None:
    """The refusal that an error becomes in `answers`, where that can be `turned_away`."""
    match error:
        case Refused():
            return error
        case Busy():
            return Refused(Refusal.BUSY)
        case RequestValidationError():
            return Refused(Refusal.INVALID_REQUEST)
        case HTTPException(status_code=405):
            return Refused(Refusal.METHOD_NOT_ALLOWED)
    return None
