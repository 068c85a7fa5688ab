"""Servers in threads of this process."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from threading import Thread
from typing import Any, NamedTuple

import uvicorn

TIMEOUT = 30
"""Seconds that a start or an end may take."""


class Service(NamedTuple):
    """`opened` is entered around the serving; `loop` makes the event loop, None the usual one."""

    server: uvicorn.Server
    opened: AbstractAsyncContextManager[Any]
    loop: Callable[[], asyncio.AbstractEventLoop] | None = None


@contextmanager
def served(make: Callable[[int], Service]) -> Iterator[int]:
    """Serve what `make` returns for a free loopback port; gives the port.  Raises whatever the
    start raises."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    port: int = listener.getsockname()[1]
    ready: Future[uvicorn.Server] = Future()
    thread = Thread(target=_serve, args=(make, listener, ready), daemon=True)
    thread.start()
    server = ready.result(TIMEOUT)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(TIMEOUT)


def _serve(
    make: Callable[[int], Service], listener: socket.socket, ready: Future[uvicorn.Server]
) -> None:
    async def serve(service: Service) -> None:
        async with service.opened:
            ready.set_result(service.server)
            await service.server.serve([listener])

    try:
        with listener:
            service = make(listener.getsockname()[1])
            with asyncio.Runner(loop_factory=service.loop) as runner:
                runner.run(serve(service))
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)  # raised in `served`


def any_application(app: Any) -> Service:
    """An ASGI application as uvicorn serves it, with its lifespan around it."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
    return Service(uvicorn.Server(config), _lifespan(app))


@asynccontextmanager
async def _lifespan(app: Any) -> Any:
    """Uvicorn's own would only log why an application cannot start."""
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan"}, heard.get, said.put))
    try:
        await heard.put({"type": "lifespan.startup"})
        asked = asyncio.create_task(said.get())
        await asyncio.wait([running, asked], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()  # raises why
        yield
        await heard.put({"type": "lifespan.shutdown"})
        await said.get()
        await running
    finally:
        running.cancel()
