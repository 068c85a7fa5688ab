"""The gate as pure ASGI middleware, for any framework or none."""

from collections.abc import Awaitable
from contextvars import ContextVar

from ..errors import Busy, ConfigurationError, Rejected, StoreUnavailable
from ..types import Principal
from . import cors, guesses
from .connection import NOT_LOGGED_IN, TRY_AGAIN, Answer, Socket
from .connection import App as App
from .connection import Message as Message
from .connection import Receive as Receive
from .connection import Send as Send
from .cors_agreement import check_agreement
from .framing import mend_framing
from .lifecycle import Lifecycle
from .problem import problem
from .transport import Header
from .visit import Visit

KEY = "doorward"
"""The key of the request's `Answer` or `Socket` in its scope, set by the outermost middleware."""

_visit: ContextVar[Visit] = ContextVar("doorward_visit")


class NotInstalled(ConfigurationError, LookupError):
    """No middleware is in front of the handler, or the code does not run within a request."""

    def __init__(self) -> None:
        super().__init__(
            "No request is known here. Call auth.install(app) once, after app = FastAPI(...); with"
            " another framework, wrap the application in doorward.web.asgi.Middleware. If you did"
            " that, this code runs outside the request, for example in a thread of"
            " loop.run_in_executor. Use asyncio.to_thread, which keeps the request, or ask before"
            " the thread begins."
        )


class Middleware:
    """Lets handlers behind it ask `await principal()`; turns a `Rejected`, `StoreUnavailable` or
    `Busy` they let through into its answer; sets the cookies of an inline refresh on any response.

    When a session ends, so do the open WebSockets and streaming responses of handlers that asked
    for it (see `Streams`).  A WebSocket closes with code 4401.  An HTTP response stops, and looks
    complete unless its length was announced.  The handler sees a client that disconnected.

    One request may pass through two of them, if an application is mounted in another.  The
    outermost sets cookies and watches streams; each answers the refusals that reach it.
    """

    __slots__ = ("_app", "_cors", "_lifecycle")

    def __init__(self, app: App, lifecycle: Lifecycle) -> None:
        mend_framing()
        self._app = app
        self._cors = cors.Cors(lifecycle.settings)
        self._lifecycle = lifecycle

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            mend_framing()  # uvicorn may have been imported since, and listens after this
            if kind == "lifespan":
                await self._check_agreement(scope, receive, send)
            return await self._app(scope, receive, send)
        outer: Answer | Socket | None = scope.get(KEY)
        if outer is not None and outer.visit.gate is self._lifecycle.gate:
            try:
                return await self._app(scope, receive, send)
            except (Rejected, StoreUnavailable, Busy) as error:
                return await _refuse_within(outer, error, kind, send)
        if kind == "http":
            if cors.is_preflight(scope):
                return await self._preflight(scope, receive, send)
            send = self._cors.readable(scope, send)
        return await self._outermost(scope, receive, send)

    async def _preflight(self, scope: Message, receive: Receive, send: Send) -> None:
        granted = self._cors.granted(scope)
        if granted is not None:
            await send(granted)
            return await send({"type": "http.response.body"})
        scope[cors.REFUSED] = self._cors.refusal(scope)
        return await self._outermost(scope, receive, send)

    async def _outermost(self, scope: Message, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        try:
            gate = self._lifecycle.gate or await self._lifecycle.open()
        except (Rejected, StoreUnavailable, Busy) as error:
            return await refuse(error, kind, send)
        visit = Visit(gate, scope)
        connection: Answer | Socket
        if kind == "http":
            if (refused := scope.get(cors.REFUSED)) is not None:
                send = cors.refusing(refused, send, visit.tell)
            connection = Answer(visit, send)
        else:
            connection = Socket(visit, receive, send)
            receive = connection.receive
        before = _visit.set(visit)
        scope[KEY] = connection
        try:
            await self._app(scope, receive, connection.send)
        except (Rejected, StoreUnavailable, Busy) as error:
            await _settle(visit, error)
            if connection.began:
                raise
            await refuse(error, kind, connection.send)
        except Exception:
            # the end of its stream may raise in the handler, as a client that is gone would
            if not connection.ended:
                raise
        finally:
            if visit.guesses:
                guesses.end(visit)
            _visit.reset(before)
            scope[KEY] = None  # breaks the reference cycle of visit and scope
            visit.on_known = None  # breaks the reference cycle of visit and socket
            if connection.stream is not None:
                await visit.streams.finish(connection.stream)

    async def _check_agreement(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuse to start in front of an application that answers CORS from another list."""
        trusted = self._lifecycle.settings.trusted_origins
        try:
            for app in (self._app, scope.get("app")):
                check_agreement(app, trusted)
        except ConfigurationError as error:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise


async def _refuse_within(
    outer: Answer | Socket, error: Rejected | StoreUnavailable | Busy, kind: str, send: Send
) -> None:
    await _settle(outer.visit, error)
    if outer.began:
        raise error
    await refuse(error, kind, send)


async def _settle(visit: Visit, error: Exception) -> None:
    """End the guesses of a refused request before its answer: the client may ask again at once."""
    if isinstance(error, Busy):
        await guesses.forgive(visit)  # a flood must not lock the owner of a password out
    guesses.end(visit)


def current_visit() -> Visit:
    """The request being handled.  Raises `NotInstalled` outside one, or without the middleware."""
    try:
        return _visit.get()
    except LookupError:
        raise NotInstalled from None


async def principal(*, max_staleness: int | None = None) -> Principal:
    """The principal of the current request, as of at most `max_staleness` seconds ago; 0 always
    asks the store.  Asked for the first time once the answer has begun, it refreshes nothing.
    Raises `Rejected`, `NotInstalled`."""
    visit = current_visit()
    found = visit.cached_principal(max_staleness)
    return found if found is not None else await visit.principal(max_staleness=max_staleness)


def present(credential: object) -> Awaitable[Principal]:
    """The principal of this credential on the current WebSocket; await it.  The credential is a
    Bearer token from a subprotocol or a message, because a browser cannot set a header there.  The
    socket then ends with that session.  Raises `Rejected`, `NotInstalled`."""
    return current_visit().present(credential)


def touch() -> Awaitable[Principal]:
    """Note that the person at the other end of the current WebSocket or stream is active; await it.
    Without it a session can end as idle while they use it.  Returns the principal as of now.
    Raises `Rejected`, `NotInstalled`."""
    return current_visit().touch()


def expect(cookie: Header) -> None:
    """Log a warning, once in a process, if the answer to the current request lacks this cookie."""
    answer = current_visit().scope.get(KEY)
    if isinstance(answer, Answer):
        answer.expect(cookie)


async def refuse(error: Rejected | StoreUnavailable | Busy, kind: str, send: Send) -> None:
    """Answer a refused request with problem details, and a refused handshake with a close."""
    if kind == "websocket":
        code = NOT_LOGGED_IN if isinstance(error, Rejected) else TRY_AGAIN
        await send({"type": "websocket.close", "code": code})
        return
    status, headers, body = problem(error)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
