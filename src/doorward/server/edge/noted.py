"""What the routes refuse by its form is told to the recorder, on its way to an answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ...passwords import Busy
from ...web.asgi import current_visit
from ..refusals import Refusal, Refused

Handler = Callable[[Request, Any], Awaitable[Response]]

MOST_REQUEST = 200
"""Characters of the method and path that a line shows."""


def noted(handle: Handler) -> Handler:
    """An exception handler that first has the recorder note the refusal, if that is worth a line
    (see `Recorder.turned_away`)."""

    async def noting(request: Request, error: Exception) -> Response:
        refused = _refused(error)
        if refused is not None:
            what = f"{request.method} {request.url.path}"[:MOST_REQUEST]
            recorder = request.app.state.service.recorder
            recorder.turned_away(refused, current_visit().device().address, what)
        return await handle(request, error)

    return noting


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
