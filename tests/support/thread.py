"""An application under a real uvicorn on a real socket, in a thread of this process."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any, Literal, TypeVar

import uvicorn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Served:
    """`url` has no slash at its end."""

    url: str
    loop: asyncio.AbstractEventLoop

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine where the application runs."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)


@contextmanager
def served(app: Any, http: Literal["auto", "h11", "httptools"] = "auto") -> Iterator[Served]:
    """Answers from the first moment: who connects earlier waits in the socket's queue."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=http,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = Thread(target=_run, args=(loop, server, listener), daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", loop)
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive(), "uvicorn did not stop"


def _run(loop: asyncio.AbstractEventLoop, server: uvicorn.Server, listener: socket.socket) -> None:
    try:
        loop.run_until_complete(server.serve([listener]))
    finally:
        loop.close()
