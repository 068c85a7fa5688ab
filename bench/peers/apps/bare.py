"""The same route without authentication, and in FastAPI with one dependency that does nothing.

Sources: https://asgi.readthedocs.io/en/latest/specs/www.html, https://starlette.dev/routing/,
https://fastapi.tiangolo.com/tutorial/first-steps/ and .../tutorial/dependencies/.
"""

from typing import Annotated, Any

from bench.peers.catalogue import USERNAME
from bench.peers.spec import Spec

BODY = b'{"subject":"%s"}' % USERNAME.encode()
JSON = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def raw(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": JSON})
    await send({"type": "http.response.body", "body": BODY})


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def me(request: Request) -> JSONResponse:
        return JSONResponse({"subject": USERNAME})

    return Starlette(routes=[Route("/me", me)])


def fastapi(empty: bool) -> Any:
    from fastapi import Depends, FastAPI

    app = FastAPI()

    async def nothing() -> None:
        return None

    if empty:

        @app.get("/me")
        async def me(found: Annotated[None, Depends(nothing)]) -> dict[str, str]:
            return {"subject": USERNAME}

    else:

        @app.get("/me")
        async def bare() -> dict[str, str]:
            return {"subject": USERNAME}

    return app


def build(variant: str, spec: Spec) -> Any:
    if variant == "raw":
        return raw
    return starlette() if variant == "starlette" else fastapi(variant == "empty dependency")
