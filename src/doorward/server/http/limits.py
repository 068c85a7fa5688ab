"""How large, how slow and how plainly framed a request must be, and what its address may hold,
decided before anything looks into it."""

import asyncio
from contextlib import suppress

from ...web.asgi import App, Message, Receive, Send
from ..refusals import Refusal, Refused
from .errors import answer
from .refusal_log import LogRefusal
from .timeouts import LINGER, SLOWEST

MAX_HEADER = 8 * 1024
"""Bytes of one header, or of the address."""

MAX_HEADERS = 16 * 1024
"""Bytes of the whole head; 180 cookies of other applications of one host fit."""

MAX_BODY = 64 * 1024
"""Bytes of a body; the largest form has a few hundred."""

VERSIONS = frozenset({"1.0", "1.1", "2", "3"})
"""Of HTTP, as ASGI writes them."""

_SEPARATORS = len(": \r\n")


class RequestLimits:
    """Refuses a request that is too large at once, and reads any other whole, so that no layer
    below waits for a client.

    A refused request ends its connection: after bad framing the start of the next request is
    unknown, and an announced body may never arrive.
    """

    def __init__(self, app: App, log: LogRefusal) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            _check_head(scope)
            body = await _body(scope, receive)
        except Refused as refused:
            self._log(refused, scope)
            await answer(scope, refused)(scope, receive, _ending(receive, send))
        else:
            if body is not None:
                await self._app(scope, _replayed(body, receive), send)
        return None


def _check_head(scope: Message) -> None:
    sizes = [len(name) + len(value) + _SEPARATORS for name, value in scope["headers"]]
    sizes.append(len(scope.get("raw_path") or b"") + len(scope["query_string"]))
    if max(sizes) > MAX_HEADER or sum(sizes) > MAX_HEADERS:
        raise Refused(Refusal.HEADERS_TOO_LARGE)
    if not _is_plain(scope):
        raise Refused(Refusal.INVALID_REQUEST)
    # no name holds a NUL: PostgreSQL refuses it, and SQLite reads only the text before it
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise Refused(Refusal.INVALID_REQUEST, "The address holds a character that no name has.")


def _is_plain(scope: Message) -> bool:
    """Whether every server on the way must have read this head alike: a known version, a path, one
    Host (RFC 9112 section 3.2), and no coding of the body but `chunked` (section 6.1).  A
    difference to a proxy in front would allow request smuggling."""
    said = [(name, value.lower()) for name, value in scope["headers"]]
    hosts = [value for name, value in said if name == b"host"]
    codings = [value for name, value in said if name == b"transfer-encoding"]
    fewest = 1 if scope["http_version"] == "1.1" else 0  # HTTP/2 says it otherwise
    return (
        scope["http_version"] in VERSIONS
        and (scope.get("raw_path") or b"/").startswith(b"/")
        and fewest <= len(hosts) <= 1
        and codings in ([], [b"chunked"])
    )


async def _body(scope: Message, receive: Receive) -> bytes | None:
    """The whole body; None when the client hung up before its end."""
    said = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(not value.isdigit() or len(value) > 9 or int(value) > MAX_BODY for value in said):
        raise Refused(Refusal.TOO_LARGE)
    try:
        async with asyncio.timeout(SLOWEST):
            return await _read(receive)
    except TimeoutError:
        raise Refused(Refusal.TOO_SLOW) from None


async def _read(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > MAX_BODY:
            raise Refused(Refusal.TOO_LARGE)
        if not message.get("more_body", False):
            return body


def _ending(receive: Receive, send: Send) -> Send:
    """Closes the connection after the answer, and reads on for `LINGER` seconds first."""

    async def ending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"], (b"connection", b"close")]
            await send({**message, "headers": headers})
        else:
            await send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    await _throw_away(receive)
            await send({"type": "http.response.body"})

    return ending


async def _throw_away(receive: Receive) -> None:
    while (await receive()).get("more_body", False):
        pass


def _replayed(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
