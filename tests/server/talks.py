"""Real sockets before a protocol with a short patience, and no server behind it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState

from doorward.server.http.acceptor import Acceptor
from doorward.server.http.connection import MAX_CONNECTIONS, Shared
from doorward.server.http.protocol import Protocol
from doorward.server.refusals import Refused
from doorward.web.framing import mend_framing
from doorward.web.transport import Header
from tests.support.until import PATIENCE

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"

Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[..., Any]


def sharing(
    *,
    always: Sequence[Header] = (),
    tls: ssl.SSLContext | None = None,
    on_refused: Callable[[Refused, str], None] = lambda refused, address: None,
    max_connections: int = MAX_CONNECTIONS,
) -> Shared:
    return Shared(always, tls, on_refused, max_connections)


class Hasty(Protocol):
    head_timeout = 0.2
    write_timeout = 0.2


class Patient(Protocol):
    head_timeout = 3600


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@asynccontextmanager
async def listening(
    protocol: type[Protocol], app: Any = hello, shared: Shared | None = None, **more: Any
) -> AsyncIterator[Connect]:
    """Whoever calls what this gives is connected; all ends with it."""
    config = Config(app, http=protocol, ws="none", lifespan="off", log_config=None, **more)
    config.load()
    mend_framing()
    state, known = ServerState(), shared or sharing()
    listener = socket.create_server(("127.0.0.1", 0))
    acceptor = Acceptor(listener, lambda: protocol(config, state, {}, shared=known), known)
    acceptor.start()
    talks: list[Talk] = []

    async def connect(receives: int = 0, says: bytes = b"", **how: Any) -> Talk:
        """`says` has arrived before the server's patience begins, however busy this machine is."""
        one = socket.socket()
        if receives:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, listener.getsockname())
        await asyncio.get_running_loop().sock_sendall(one, says)
        talks.append(await asyncio.open_connection(sock=one, **how))
        return talks[-1]

    try:
        async with asyncio.timeout(PATIENCE):
            yield connect
    finally:
        acceptor.stop()
        listener.close()
        for _, writer in talks:
            writer.close()
        for connection in list(state.connections):
            connection.abort()  # type: ignore[union-attr]  # all are ours
