"""Doorward before an application without a framework, in either mode.

Source: docs/frameworks.md.
"""

import json
from typing import Any

from bench.peers.account import Account
from bench.peers.apps.bare import BODY, JSON
from bench.peers.spec import Spec
from doorward import Settings
from doorward.web.asgi import Middleware, current_visit, principal
from doorward.web.lifecycle import Lifecycle
from doorward.web.login import begin_login, log_out

Header = tuple[bytes, bytes]


def build(variant: str, spec: Spec) -> Any:
    mode, store = variant.split()
    settings = Settings(mode="token" if mode == "token" else "session")
    database = f"sqlite:///{spec.folder}/raw.db" if store == "SQLite" else "memory:"
    lifecycle = Lifecycle(database, settings, root_key_file=spec.folder / "raw.key")
    account = Account()

    async def login(receive: Any) -> tuple[int, list[Header]]:
        form = json.loads((await receive())["body"])
        attempt = await begin_login(current_visit(), form["username"])
        if not await account.opens(form["username"], form["password"]):
            return 401, []
        return 204, (await attempt.login(form["username"], roles=["reader"]))[1]

    async def logout() -> tuple[int, list[Header]]:
        return 204, await log_out(current_visit())

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        if scope["path"] == "/me":
            await principal()
            await send({"type": "http.response.start", "status": 200, "headers": JSON})
            return await send({"type": "http.response.body", "body": BODY})
        status, headers = await (login(receive) if scope["path"] == "/login" else logout())
        await send({"type": "http.response.start", "status": status, "headers": headers})
        return await send({"type": "http.response.body", "body": b""})

    async def lifespan(receive: Any, send: Any) -> None:
        await receive()
        async with lifecycle.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    return Middleware(app, lifecycle)
