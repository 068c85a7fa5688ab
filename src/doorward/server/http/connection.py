"""A connection from its acceptance to its end: TLS, and the limits on how many there may be and how
long a client may send or read nothing."""

import socket
import ssl
from asyncio import BaseTransport, Task, Transport
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ...web.transport import Header
from ..refusals import Refused
from .timeouts import SLOWEST
from .timer import Timer

MAX_CONNECTIONS = 500
"""Open connections of a process.  For one more, the one that waited longest is closed."""

MANY_UNSENT = 16 * 1024
"""Unread bytes of answers above which nothing is written to a client until it has read most of
them."""

MAX_UNSENT = 8 * 2**20
"""Bytes of answers that a process keeps for clients that do not read them."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The common state of the connections of a process.

    `always` are the headers of every answer; `on_refused` takes what was refused before a request
    began, and the address of the client.
    """

    always: Sequence[Header]
    tls: ssl.SSLContext | None
    on_refused: Callable[[Refused, str], None]
    max_connections: int = MAX_CONNECTIONS
    waiting: "dict[Connection, None]" = field(default_factory=dict)
    """Connections that wait for their client, the one that has waited longest first.  That one is
    closed when another connection needs its place."""

    unsent: "dict[Connection, int]" = field(default_factory=dict)
    """Bytes of answers that each client has not read, the one longest unread first."""

    def hold(self, connection: "Connection", unsent: int) -> None:
        """Note the unread bytes of a client, and close the longest unread connections if all
        together are too many."""
        self.unsent[connection] = unsent
        while sum(self.unsent.values()) > MAX_UNSENT and len(self.unsent) > 1:
            next(iter(self.unsent)).abort()

    def make_room(self) -> bool:
        """Close the connection that has waited longest.  Returns whether there was one."""
        first = next(iter(self.waiting), None)
        if first is not None:
            first.abort()
        return first is not None


class Connection(HttpToolsProtocol):
    """Uvicorn's, with bounds that hold from the acceptance on, before TLS and after an answer."""

    head_timeout: float = SLOWEST
    """Seconds from the acceptance to the end of the first head, the TLS handshake included, and
    from the first byte of any other head to its end.  Between two requests uvicorn's keep-alive
    counts."""

    write_timeout: float = SLOWEST
    """Seconds after which a client that reads nothing of its answer is disconnected."""

    tls_shutdown_timeout: float = 2
    """Seconds that a client has to answer the end of TLS."""

    def __init__(self, *args: Any, shared: Shared, **more: Any) -> None:
        super().__init__(*args, **more)
        self._shared = shared
        self._accepted: socket.socket | None = None
        self._address: Any = None
        self._entering: Task[None] | None = None
        self._connected = False
        self._unsent = 0
        self._answering: list[RequestResponseCycle] = []
        self._head_timer = Timer(self.loop, self.head_timeout, self._give_up)
        self._write_timer = Timer(self.loop, self.write_timeout, self._check_reader)

    def accept(self, accepted: socket.socket, address: Any) -> None:
        """Begin with an accepted socket, if there is room or can be made."""
        if len(self.connections) >= self._shared.max_connections and not self._shared.make_room():
            accepted.close()
            return
        self._address = address
        self.connections.add(self)
        self._shared.waiting[self] = None
        self._head_timer.start()
        self._accepted = accepted
        self._entering = self.loop.create_task(self._enter(accepted))

    def connection_made(self, transport: BaseTransport) -> None:
        """A client is there, and TLS has begun if it should."""
        self._connected = True
        cast(Transport, transport).set_write_buffer_limits(high=MANY_UNSENT)
        super().connection_made(cast(Transport, SafeTransport(cast(Transport, transport))))
        if self._address:  # after a reset, the socket knows no address
            self.client = (self._address[0], self._address[1])

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._forget()
        for cycle in self._answering:  # uvicorn tells only the last one
            cycle.disconnected = True
            cycle.message_event.set()
        self._unset_keepalive_if_required()  # uvicorn does so only if no error ended it
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """The parser found the end of the head."""
        super().on_headers_complete()
        self._answering.append(self.cycle)
        self._update_waiting()

    def on_message_complete(self) -> None:
        """The parser found the end of the request."""
        super().on_message_complete()
        self._update_waiting()

    def on_response_complete(self) -> None:
        """The whole answer was written."""
        del self._answering[:1]
        self._update_waiting()
        self._write_timer.stop()
        self._expect_reader()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client takes less than is written."""
        super().pause_writing()
        self._update_waiting()
        self._expect_reader()
        self._shared.hold(self, self._unsent)

    def resume_writing(self) -> None:
        """The client took what was written."""
        super().resume_writing()
        self._shared.unsent.pop(self, None)
        self._write_timer.stop()
        self._update_waiting()

    def shutdown(self) -> None:
        """The server ends."""
        if not self._connected or (self._answering and self._answering[0].more_body):
            self.abort()  # it is the client that has to go on
        else:
            super().shutdown()

    def abort(self) -> None:
        """Close it at once, whatever it is doing."""
        self._forget()
        if self._connected:
            self.transport.abort()
        elif self._entering is not None:
            self._entering.cancel()
            if self._accepted is not None:
                self._accepted.close()  # a task that has not begun does not learn of its end

    async def _enter(self, accepted: socket.socket) -> None:
        self._accepted, tls = None, self._shared.tls
        try:
            await self.loop.connect_accepted_socket(
                lambda: self,
                accepted,
                ssl=tls,
                ssl_handshake_timeout=self.head_timeout if tls else None,
                ssl_shutdown_timeout=self.tls_shutdown_timeout if tls else None,
            )
        except OSError:  # includes ssl errors and the time-out
            self._forget()

    def _update_waiting(self) -> None:
        answering = self._answering
        if answering and not answering[0].more_body and not self.flow.write_paused:
            self._shared.waiting.pop(self, None)
        elif self in self.connections:
            self._shared.waiting.setdefault(self)

    def _forget(self) -> None:
        self.connections.discard(self)
        self._shared.waiting.pop(self, None)
        self._shared.unsent.pop(self, None)
        self._head_timer.stop()
        self._write_timer.stop()

    def _give_up(self) -> None:
        # no answer: browsers open spare connections, and would show it later
        self.abort()

    def _expect_reader(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        if self._unsent:
            self._write_timer.start()

    def _check_reader(self) -> None:
        if self.transport.get_write_buffer_size() < self._unsent:
            self._expect_reader()
        else:
            self.abort()


class SafeTransport:
    """A transport that drops what is written after its end, as those of asyncio do.  Uvloop's raise
    then, and a client that hung up would leave a traceback."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)
