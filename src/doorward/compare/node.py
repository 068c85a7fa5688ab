"""One process of the small application: `python -m doorward.compare.node SPEC`.

It listens on the port of its spec, which all processes of the application share, and on a port of
its own, which it prints once it serves.  It ends when its parent does.
"""

import asyncio
import os
import signal
import socket
import sys
from threading import Thread

import uvicorn
from fastapi import FastAPI

from .applications.application import Authentication, Clock, Counter, application
from .applications.spec import Spec

BACKLOG = 1024


def main(text: str) -> None:
    spec, clock, counter = Spec.parse(text), Clock(), Counter()
    app = application(_authentication(spec, clock, counter), spec.hash, clock, counter)
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
    Thread(target=_end_with_parent, daemon=True).start()
    with (
        listening(spec.port) as shared,
        listening(0) as own,
        asyncio.Runner(loop_factory=config.get_loop_factory()) as runner,
    ):
        runner.run(_serve(app, uvicorn.Server(config), [shared, own]))


def listening(port: int, backlog: int | None = BACKLOG) -> socket.socket:
    """A loopback socket that shares its port.  Without a backlog it only reserves the port."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind(("127.0.0.1", port))
    if backlog is not None:
        found.listen(backlog)
    return found


def _authentication(spec: Spec, clock: Clock, counter: Counter) -> Authentication | None:
    # imported here, because the memory of a process is measured
    match spec.kind:
        case "bare":
            return None
        case "plain_jwt":
            from .applications.plain_jwt import PlainJwt

            return PlainJwt(spec, clock)
        case "plain_session":
            from .applications.plain_session import PlainSession

            return PlainSession(spec, clock, counter)
        case mode:
            from .applications.doorward_sessions import DoorwardSessions

            return DoorwardSessions(spec, mode, clock, counter)


async def _serve(app: FastAPI, server: uvicorn.Server, sockets: list[socket.socket]) -> None:
    async with app.router.lifespan_context(app):
        print(sockets[1].getsockname()[1], flush=True)
        await server.serve(sockets)


def _end_with_parent() -> None:
    os.read(0, 1)  # `sys.stdin` has a lock, which would hold up the exit
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
