"""Instances of Doorward that the lab starts for itself, in threads of this process."""

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from ..passwords import CHEAP
from ..server.app import create_app
from ..server.edge.serving import Server, make_server
from ..server.options import Options
from ..types import Mode
from .address import Address, parse_address
from .files import HTTPS_HOST, Files

PATIENCE = 30
"""Seconds that a start or an end may take."""

SIGNUPS = 100_000
"""Sign-ups a minute: the lab makes its accounts faster than people do."""


@contextmanager
def own_instance(mode: Mode) -> Iterator[Address]:
    """An instance on a free loopback port, with a database of its own that is deleted after it."""
    with TemporaryDirectory(prefix="doorward-attack-") as folder:
        options = _options(mode, Path(folder))
        files = Files(
            Path(folder, "doorward.db"), Path(folder, "key", "root.key"), partial(_https, mode)
        )
        with _serving(options) as port:
            yield replace(parse_address(f"http://localhost:{port}"), files=files)


@contextmanager
def _https(mode: Mode, certificate: Path, key: Path) -> Iterator[int]:
    with TemporaryDirectory(prefix="doorward-attack-") as folder:
        plain = _options(mode, Path(folder))
        origin = f"https://{HTTPS_HOST}"
        with _serving(
            replace(plain, public_origin=origin, tls_cert=str(certificate), tls_key=str(key))
        ) as port:
            yield port


def _options(mode: Mode, folder: Path) -> Options:
    return Options(
        mode=mode,
        database=f"sqlite:///{folder}/doorward.db",
        root_key_file=str(folder / "key" / "root.key"),
        signup_limit=SIGNUPS,
    )


@contextmanager
def _serving(options: Options) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    port = listener.getsockname()[1]
    options = replace(options, port=port)
    ready: Future[Server] = Future()
    thread = Thread(target=_serve, args=(options, listener, ready), daemon=True)
    thread.start()
    server = ready.result(PATIENCE)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def _serve(options: Options, listener: socket.socket, ready: Future[Server]) -> None:
    async def serve() -> None:
        async with app.router.lifespan_context(app):
            ready.set_result(server)
            await server.serve([listener])

    try:
        app = create_app(options, cost=CHEAP)  # no attack measures what a password costs
        server = make_server(app, options)
        with listener, asyncio.Runner(loop_factory=server.loop_factory) as runner:
            runner.run(serve())
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)  # raised where the instance was asked for
