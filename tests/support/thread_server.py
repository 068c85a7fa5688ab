"""A `doorward serve` in a thread of this process: for what needs no process of its own.

It has the options, the protocol and the socket that the command gives it.  Four things differ:
passwords cost nothing, its clock may be a test's, it writes no log, and it prints no letter: what
it printed would stand among what a command of the same process says.
"""

import argparse
import asyncio
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from doorward.passwords import CHEAP
from doorward.server.app import create_app
from doorward.server.command_options import add_options, read_options
from doorward.server.http.serving import Server, make_server
from doorward.server.journeys.first_admin.flow import setup_link
from doorward.server.options import Options
from doorward.types import Clock, system_clock
from tests.support.outside import SERVER
from tests.support.until import PATIENCE

Ready = Future[tuple[Server, str]]


@dataclass(frozen=True, slots=True)
class ThreadServer:
    """`url` has no slash at its end.  `output` is the link that makes somebody the first
    administrator, empty where there is one."""

    url: str
    port: int
    folder: Path
    database: str
    root_key_file: Path
    output: str
    running: ExitStack

    def kill(self) -> None:
        """From now on nothing listens on its port."""
        self.running.close()


@contextmanager
def server_in_thread(
    *args: str, folder: Path, port: int = 0, clock: Clock = system_clock
) -> Iterator[ThreadServer]:
    """As `running_server` does, a server that answers; options in `args` come last and win."""
    sys.audit(SERVER, "server_in_thread", args)
    listener = socket.create_server(("127.0.0.1", port), backlog=2048)
    port = listener.getsockname()[1]
    options = _options(folder, port, *args)
    ready: Ready = Future()
    thread = Thread(target=_run, args=(options, listener, clock, ready), name=SERVER, daemon=True)
    thread.start()
    server, link = ready.result(PATIENCE)
    with ExitStack() as running:
        running.callback(_end, server, thread)
        yield ThreadServer(
            url=f"http://localhost:{port}",
            port=port,
            folder=folder,
            database=options.database,
            root_key_file=Path(str(options.root_key_file)),
            output=link,
            running=running,
        )


def _options(folder: Path, port: int, *args: str) -> Options:
    """Of the environment nothing is read."""
    parser = argparse.ArgumentParser()
    add_options(parser, {})
    place = ["--database", f"sqlite:///{folder}/doorward.db"]
    key = ["--root-key-file", f"{folder}/root.key"]
    return read_options(parser.parse_args(["--port", str(port), *place, *key, *args]))


def _run(options: Options, listener: socket.socket, clock: Clock, ready: Ready) -> None:
    async def serve() -> None:
        async with app.router.lifespan_context(app):
            ready.set_result((server, await setup_link(app.state.service) or ""))
            await server.serve([listener])

    try:
        app = create_app(options, clock=clock, cost=CHEAP, say=_to_nobody)
        server = make_server(app, options)
        with listener, asyncio.Runner(loop_factory=server.loop_factory) as runner:
            runner.run(serve())
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)  # raised where the server was asked for


def _to_nobody(_: str) -> None: ...


def _end(server: Server, thread: Thread) -> None:
    server.should_exit = True
    thread.join(PATIENCE)
    assert not thread.is_alive(), f"a server in a thread did not stop in {PATIENCE} s"
