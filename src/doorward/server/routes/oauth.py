"""Routes that programs of other applications call: a form in, JSON out, and no cookie is looked
at (RFC 6749 section 3.2)."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from ...errors import StoreUnavailable
from ...web.problem import retry_after
from ..oauth.token_error import TokenError
from ..refusals import Refused
from .forms import parsed
from .public import PUBLIC

HEADERS = PUBLIC | {"cache-control": "no-store", "pragma": "no-cache"}
"""Of every answer: a script of any origin may call these, since it needs more than cookies."""


class OAuthRoute(APIRoute):
    """A route whose refusals are those of RFC 6749 section 5.2."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except TokenError as error:
                response = _answer(error)
            except Refused as refused:
                response = _answer(TokenError("invalid_request", _plain(str(refused))))
            except StoreUnavailable as error:
                request.app.state.service.recent_failure.happened(str(error))
                response = _answer(TokenError("temporarily_unavailable"))
                name, value = retry_after(error)
                response.headers[name.decode()] = value.decode()
            response.headers.update(HEADERS)
            return response

        return guarded


async def read_program_form(request: Request) -> Mapping[str, str]:
    """The parameters that have a value (RFC 6749 section 3.2).  Raises `Refused`, also for one that
    is given twice or stands in the address, where logs would keep it."""
    if request.scope["query_string"]:
        raise TokenError("invalid_request", "Parameters belong in the body.")
    form = parsed(request.headers.getlist("content-type"), await request.body())
    return {name: text for name, text in form.items() if text}


def _answer(error: TokenError) -> Response:
    response = JSONResponse(error.facts(), error.status)
    if error.status == 401:
        response.headers["www-authenticate"] = 'Basic realm="doorward"'
    if error.retry_after is not None:
        response.headers["retry-after"] = str(error.retry_after)
    return response


def _plain(sentence: str) -> str:
    """Without the characters that a description may not have."""
    return sentence.replace('"', "'").replace("\\", "/")
