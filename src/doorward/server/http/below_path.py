"""Serves the application below a path, as a mount would."""

from ...web.asgi import App, Message, Receive, Send
from ..refusals import Refusal, Refused
from .errors import answer

_BESIDE = frozenset({"/healthz", "/metrics"})
"""Asked by machines beside this one, which need not know the path."""


class BelowPath:
    """Tells the layers within that the application lies at `at`; elsewhere there is nothing.

    In an application that mounts this one, the mount has told it already.
    """

    def __init__(self, app: App, at: str) -> None:
        self._app = app
        self._at = at

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        app: App = self._app
        path, at = scope.get("path", ""), self._at
        if at and scope["type"] == "http" and scope.get("root_path", "") != at:
            if (path + "/").startswith(at + "/"):
                scope = {**scope, "root_path": at}
            elif path not in _BESIDE:
                app = answer(scope, Refused(Refusal.NOT_FOUND))
        await app(scope, receive, send)
