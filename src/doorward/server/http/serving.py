"""The HTTP server, and what it does before it ends."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI

from ...web.framing import mend_framing
from ...web.lifecycle import Lifecycle
from ..options import Options
from .acceptor import Acceptor
from .connection import Shared
from .files import max_connections
from .headers import always
from .protocol import Protocol
from .signals import stopping
from .tls import tls_context


class Tie(NamedTuple):
    """The file descriptors that connect a worker with the process that started it."""

    lifeline: int
    """Readable once that process is gone."""
    news: int
    """Where the worker writes `UP` once it serves."""


GRACE = 5
"""Seconds that requests under way have to finish once the server is told to stop."""

KEEP_ALIVE = 75
"""Seconds that a connection may rest between two requests: longer than a proxy in front keeps it
(60 in nginx and most balancers), which would else send a request into one that just ended."""

UP = b"\0"
"""No signal has this number, so that signals can stand beside it."""


class Server(uvicorn.Server):
    """Uvicorn, which ends the open streams of a lifecycle before it waits for requests to finish: a
    console that somebody left open would use up all the time they have.

    With a `tie` it is one of several, and ends when its parent does.
    """

    def __init__(
        self, config: uvicorn.Config, lifecycle: Lifecycle, shared: Shared, tie: Tie | None = None
    ) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._shared = shared
        self._tie = tie
        self._acceptors: list[Acceptor] = []

    @property
    def loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop] | None:
        """Makes a loop that can watch a listening socket."""
        if sys.platform == "win32":
            return asyncio.SelectorEventLoop
        return self.config.get_loop_factory()

    @contextmanager
    def told_by_signals(self) -> Iterator[None]:
        """Within the block a signal to stop ends the serving, also before it has begun.

        Uvicorn handles signals only while it serves, and then raises them again for its caller.
        Here nobody needs that: everything open is closed next.
        """
        heard = stopping()
        before = [signal.signal(each, self.handle_exit) for each in heard]
        try:
            yield
        finally:
            for each, handler in zip(heard, before, strict=True):
                signal.signal(each, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve.  Uvicorn would listen by itself, and see a client only after TLS."""
        await super().startup([])
        self._acceptors = [Acceptor(each, self._protocol, self._shared) for each in sockets or ()]
        for each in self._acceptors:
            each.start()
        if self._tie is not None:
            asyncio.get_running_loop().add_reader(self._tie.lifeline, self._orphaned)
            with suppress(BrokenPipeError):  # the parent is gone already: the lifeline tells
                os.write(self._tie.news, UP)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Told to stop."""
        for each in self._acceptors:
            each.stop()
        if self._lifecycle.gate is not None:
            await self._lifecycle.gate.streams.stop()
        await super().shutdown(sockets)

    def _protocol(self) -> Protocol:
        return Protocol(self.config, self.server_state, {}, shared=self._shared)

    def _orphaned(self) -> None:
        if self._tie is not None:
            asyncio.get_running_loop().remove_reader(self._tie.lifeline)
        self.should_exit = True


def make_server(app: FastAPI, options: Options, tie: Tie | None = None) -> Server:
    """The server of an application.  Raises `ConfigurationError` for a certificate or key that
    cannot be used."""
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",  # opened around the server, so that a failure is one sentence
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the gate knows which proxies to trust
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=KEEP_ALIVE,
    )
    config.load()
    mend_framing()
    shared = Shared(
        always(options.origin, options.hsts_subdomains),
        tls_context(options),
        app.state.recorder.turned_away,
        max_connections(),
    )
    return Server(config, app.state.doorward.lifecycle, shared, tie)
