"""An application that only people come through to who are logged in, behind a proxy."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from doorward.types import Mode
from tests.journeys.traveller import Traveller
from tests.nodes.conftest import Cluster, cluster
from tests.support.thread import served

CLAIMS = {"X-Doorward-Subject": "u_root", "X-Doorward-Roles": "admin", "X-Doorward-Sid": "root"}


async def show(request: Request) -> JSONResponse:
    """What reached the application."""
    seen = {"method": request.method, "headers": dict(request.headers)}
    return JSONResponse(seen, headers={"cache-control": "public, max-age=3600"})


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.headers["x-doorward-subject"])
    await socket.close()


@dataclass(frozen=True, slots=True)
class Guarded:
    """An application behind a front and two nodes, and somebody who is logged in."""

    nodes: Cluster
    ann: Traveller
    folder: Path

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, **headers: str) -> httpx2.Response:
        """With the cookies, as a browser; `headers` win."""
        said = self.cookies | {"sec-fetch-site": "same-origin"} | headers
        return self.ann.http.request(method, path, headers=said)

    @property
    def cookies(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.ann.held.items())}


@contextmanager
def guarding(
    mode: Mode, folder: Path, *options: str, front: str = "nginx", more: str = ""
) -> Iterator[Guarded]:
    methods = ["GET", "POST", "DELETE", "OPTIONS"]
    routes = [Route("/app/{path:path}", show, methods=methods), WebSocketRoute("/app/ws", echo)]
    app: Any = Starlette(routes=[*routes[1:], *routes[:1]])
    with ExitStack() as stack:
        port = int(stack.enter_context(served(app)).url.rpartition(":")[2])
        nodes = stack.enter_context(
            cluster(front, mode, folder, *options, application=port, more=more)
        )
        ann = stack.enter_context(nodes.arriving("cookie"))
        ann.sign_up("ann@example.org")
        assert ann.log_in("ann@example.org").status_code == 200
        yield Guarded(nodes, ann, folder)
