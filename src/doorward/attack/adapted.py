"""Another application behind the paths that the attacks know."""

from collections.abc import Mapping
from typing import Any

from .exchange import MISSING


class Adapted:
    """Forwards a path in `routes` to the application's own path.  Other paths reach the application
    unchanged; where it answers 404, a header marks the answer."""

    def __init__(self, app: Any, routes: Mapping[str, str]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif (own := self._routes.get(scope["path"])) is None:
            await self._app(scope, receive, _marking(send))
        else:
            await self._app(scope | {"path": own, "raw_path": own.encode()}, receive, send)


def _marking(send: Any) -> Any:
    async def marked(message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] == 404:
            gone = (MISSING.encode(), b"1")
            message = message | {"headers": [*message.get("headers", ()), gone]}
        await send(message)

    return marked
