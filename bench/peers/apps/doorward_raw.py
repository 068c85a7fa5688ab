"""Doorward before an application without a framework, in either mode.

Source: docs/frameworks.md.
"""

import json
from typing import Any

from bench.peers.apps.bare import BODY, JSON
from bench.peers.catalogue import PASSWORD, USERNAME
from bench.peers.place import Place
from doorward import Settings
from doorward.passwords import Passwords
from doorward.web.asgi import Middleware, current_visit, principal
from doorward.web.door import Door
from doorward.web.login import begin_login, log_out


def build(variant: str, place: Place) -> Any:
    mode = variant.split()[0]
    settings = Settings(mode="token" if mode == "token" else "session")
    door = Door("memory:", settings, root_key_file=place.folder / f"raw-{mode}.key")
    passwords = Passwords()

    async def login(receive: Any) -> list[tuple[bytes, bytes]]:
        form = json.loads((await receive())["body"])
        attempt = await begin_login(current_visit(), form["username"])
        right = await passwords.verify(form["password"], await passwords.hash(PASSWORD))
        assert right
        assert form["username"] == USERNAME
        return (await attempt.login(form["username"], roles=["reader"]))[1]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        if scope["path"] == "/me":
            await principal()
            await send({"type": "http.response.start", "status": 200, "headers": JSON})
            return await send({"type": "http.response.body", "body": BODY})
        path = scope["path"]
        cookies = await (login(receive) if path == "/login" else log_out(current_visit()))
        await send({"type": "http.response.start", "status": 204, "headers": cookies})
        return await send({"type": "http.response.body", "body": b""})

    async def lifespan(receive: Any, send: Any) -> None:
        await receive()
        async with door.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    return Middleware(app, door)
