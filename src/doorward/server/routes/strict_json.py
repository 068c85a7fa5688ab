"""JSON bodies that every reader would read alike, and routes that take no others."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ..media_type import media_type
from ..refusals import Refusal, Refused


class _Twice(Exception):
    """An object names a member twice."""


def parse(body: bytes) -> object:
    """The value of a JSON text (RFC 8259).

    Raises `Refused(invalid_request)` for what parsers read in different ways or choke on: a name
    given twice, NaN, encodings other than UTF-8, a byte order mark, nesting without end.
    """
    try:
        text = body.decode("utf-8")
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except _Twice:
        raise Refused(Refusal.INVALID_REQUEST, "An object has a member twice.") from None
    except (ValueError, RecursionError):
        raise Refused(Refusal.INVALID_REQUEST, "The body is not well-formed JSON.") from None


class StrictRoute(APIRoute):
    """A route whose body, if it takes one, is `application/json` and strict.

    The content type is what a cross-site form cannot send (ASVS 3.5.2).
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def strict(request: Request) -> Response:
            checked = _StrictRequest(request.scope, request.receive)
            await checked.check()
            return await handle(checked)

        return strict


class _StrictRequest(Request):
    async def check(self) -> None:
        _check_type(self.headers.getlist("content-type"))
        self._value = parse(await self.body())

    async def json(self) -> Any:
        return self._value


def _check_type(headers: list[str]) -> None:
    sent = media_type(headers)
    if sent is None or sent.name != "application/json":
        raise Refused(Refusal.UNSUPPORTED_MEDIA_TYPE, "Send JSON, as application/json.")
    if sent.charset != "utf-8":
        raise Refused(Refusal.UNSUPPORTED_MEDIA_TYPE, "Send JSON in UTF-8.")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
