"""The gate as pure ASGI middleware, for any framework or none."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

from ..errors import Rejected, StoreUnavailable
from ..types import Principal
from .door import Door
from .gate import Visit
from .problem import problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

WEBSOCKET_CLOSE = 4401
"""Close code of a WebSocket whose principal is refused or no longer there (4000-4999: RFC 6455)."""

_visit: ContextVar[Visit] = ContextVar("doorward_visit")


class Middleware:
    """Lets handlers behind it ask `await principal()`; turns a `Rejected` or `StoreUnavailable`
    they let through into its answer; sets the cookies of an inline refresh on any response."""

    __slots__ = ("_app", "_door", "_renews")

    def __init__(self, app: App, door: Door) -> None:
        self._app = app
        self._door = door
        self._renews = door.settings.mode == "token"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            return await self._app(scope, receive, send)
        try:
            gate = self._door.gate or await self._door.open()
            method = scope["method"] if kind == "http" else "WEBSOCKET"
            visit = Visit(gate, method, scope["headers"], (scope.get("client") or ("",))[0])
            # never reset: a server gives every request a context of its own
            _visit.set(visit)
            await self._app(scope, receive, _adding_cookies(visit, send) if self._renews else send)
        except (Rejected, StoreUnavailable) as error:
            await refuse(error, kind, send)


def current_visit() -> Visit:
    """The request being handled.  Raises `LookupError` outside one, or without the middleware."""
    return _visit.get()


def principal() -> Awaitable[Principal]:
    """Who makes the request being handled, to be awaited.  Raises `Rejected`."""
    return _visit.get().principal()


async def refuse(error: Rejected | StoreUnavailable, kind: str, send: Send) -> None:
    """Answer a refused request with its problem details, a refused handshake with a close."""
    if kind == "websocket":
        return await send({"type": "websocket.close", "code": WEBSOCKET_CLOSE})
    status, headers, body = problem(error)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _adding_cookies(visit: Visit, send: Send) -> Send:
    async def start(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            extra = await visit.cookies()
            if extra:
                message["headers"] = [*message.get("headers", ()), *extra]
        await send(message)

    return start
