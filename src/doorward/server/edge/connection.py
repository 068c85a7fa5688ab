"""A connection from its acceptance to its end: how many there may be, how long each may say or take
nothing, and TLS."""

import socket
import ssl
from asyncio import BaseTransport, Task, TimerHandle, Transport, get_running_loop
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ...web.transport import Header
from ..refusals import Refused
from .alarm import Alarm
from .headers import ALWAYS

AT_ONCE = 8
"""Connections that are accepted before those are served that are there already."""

NO_FILE = 0.1
"""Seconds until the next try where the system has no file for another connection."""


def _nobody(refused: Refused, address: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Shared:
    """What the connections of a process have in common.

    `always` are the headers of every answer; `told` hears what was refused before a request began,
    and the address of the client.
    """

    always: Sequence[Header] = ALWAYS
    tls: ssl.SSLContext | None = None
    told: Callable[[Refused, str], None] = _nobody
    waiting: "dict[Connection, None]" = field(default_factory=dict)
    """Those from which no whole request came that is still to be answered, or which do not take
    the answer; the longest first.  Any of them may be cut off to make room."""


class Connection(HttpToolsProtocol):
    """Uvicorn's, with bounds that hold from the acceptance on, before TLS and after an answer."""

    slowest_head: float = 10
    """Seconds from the acceptance to the end of the first head, the TLS handshake included, and
    from the first byte of any other head to its end.  Between two requests uvicorn's keep-alive
    counts."""

    slowest_reader: float = 10
    """Seconds after which a client that takes nothing of its answer is cut off."""

    slowest_goodbye: float = 2
    """Seconds that a client has to answer the end of TLS."""

    most_connections = 500
    """Open connections.  For one more, the one that waited longest is cut off."""

    def __init__(self, *args: Any, shared: Shared, **more: Any) -> None:
        super().__init__(*args, **more)
        self._shared = shared
        self._accepted: socket.socket | None = None
        self._entering: Task[None] | None = None
        self._made = False
        self._unsent = 0
        self._answering: list[RequestResponseCycle] = []
        self._too_late = Alarm(self.loop, self.slowest_head, self._give_up)
        self._not_taken = Alarm(self.loop, self.slowest_reader, self._check_reader)

    def welcome(self, accepted: socket.socket) -> None:
        """Begin with an accepted socket, if there is room or can be made."""
        if len(self.connections) >= self.most_connections:
            if not self._shared.waiting:
                accepted.close()
                return
            next(iter(self._shared.waiting)).cut()
        self.connections.add(self)
        self._wait()
        self._too_late.start()
        self._accepted = accepted
        self._entering = self.loop.create_task(self._enter(accepted))

    def connection_made(self, transport: BaseTransport) -> None:
        """A client is there, and TLS has begun if it should."""
        self._made = True
        super().connection_made(cast(Transport, Quiet(cast(Transport, transport))))

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._forget()
        for cycle in self._answering:  # uvicorn tells the last one alone
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """The parser found the end of the head."""
        super().on_headers_complete()
        self._answering.append(self.cycle)

    def on_message_complete(self) -> None:
        """The parser found the end of the request."""
        super().on_message_complete()
        if self._answering:
            self._shared.waiting.pop(self, None)

    def on_response_complete(self) -> None:
        """The whole answer was written."""
        del self._answering[:1]
        if not self._answering:
            self._wait()
        self._not_taken.stop()
        self._expect_reader()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client takes less than is written."""
        super().pause_writing()
        self._wait()
        self._expect_reader()

    def resume_writing(self) -> None:
        """The client took what was written."""
        super().resume_writing()
        self._not_taken.stop()
        if self._answering and not self._answering[0].more_body:
            self._shared.waiting.pop(self, None)

    def shutdown(self) -> None:
        """The server ends."""
        if self._made:
            super().shutdown()
        else:
            self.cut()

    def cut(self) -> None:
        """End it at once, whatever it is about."""
        self._forget()
        if self._made:
            self.transport.abort()
        elif self._entering is not None:
            self._entering.cancel()
            if self._accepted is not None:
                self._accepted.close()  # a task that has not begun hears nothing of its end

    async def _enter(self, accepted: socket.socket) -> None:
        self._accepted, tls = None, self._shared.tls
        try:
            await self.loop.connect_accepted_socket(
                lambda: self,
                accepted,
                ssl=tls,
                ssl_handshake_timeout=self.slowest_head if tls else None,
                ssl_shutdown_timeout=self.slowest_goodbye if tls else None,
            )
        except OSError:  # what ssl raises too, and that the time was over
            self._forget()

    def _wait(self) -> None:
        self._shared.waiting.pop(self, None)
        self._shared.waiting[self] = None

    def _forget(self) -> None:
        self.connections.discard(self)
        self._shared.waiting.pop(self, None)
        self._too_late.stop()
        self._not_taken.stop()

    def _give_up(self) -> None:
        # browsers open connections in advance, and would show an answer to no request
        self.cut()

    def _expect_reader(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        if self._unsent:
            self._not_taken.start()

    def _check_reader(self) -> None:
        if self.transport.get_write_buffer_size() < self._unsent:
            self._expect_reader()
        else:
            self.cut()


class Acceptor:
    """Accepts connections, each with a protocol of its own."""

    def __init__(self, listener: socket.socket, protocol: Callable[[], Connection]) -> None:
        self._listener = listener
        self._protocol = protocol
        self._loop = get_running_loop()
        self._pause: TimerHandle | None = None

    def start(self) -> None:
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)

    def stop(self) -> None:
        self._loop.remove_reader(self._listener)
        if self._pause is not None:
            self._pause.cancel()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, _ = self._listener.accept()
            except (BlockingIOError, ConnectionError):  # another process was first, or it is gone
                return
            except OSError:  # the process has no file left
                self.stop()
                self._pause = self._loop.call_later(NO_FILE, self.start)
                return
            accepted.setblocking(False)
            self._protocol().welcome(accepted)


class Quiet:
    """A transport that drops what is written after its end, as those of asyncio do.  Uvloop's raise
    then, and a client that hung up would leave a traceback."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)
