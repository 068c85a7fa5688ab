"""`GET /oauth/changes`."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from ....web.asgi import current_visit
from ...oauth.token_error import TokenError
from ...routes.dependencies import Serving
from ...routes.oauth import OAuthRoute
from ...steps.client import authenticated
from .order import Order
from .stream import events

MOST_STREAMS = 100
"""Open streams of one client in one process: its own processes, each with one, and no more."""

router = APIRouter(route_class=OAuthRoute, include_in_schema=False)

_open: Counter[str] = Counter()


@router.get("/oauth/changes")
async def get_changes(request: Request, service: Serving) -> Response:
    """For confidential clients, about the grants for their resources: which of them ended or
    changed since `Last-Event-ID` or `after`.  A stream, or with `Accept: application/json` one
    answer, for those whom no stream reaches."""
    client = await authenticated(service, request.headers.getlist("authorization"), {})
    if client.kind != "confidential":
        raise TokenError("unauthorized_client", "Only a confidential client may ask.")
    after = request.headers.get("last-event-id") or request.query_params.get("after", "")
    order = Order(service, client.resources, after)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(_joined(await order.look()))
    if _open[client.client_id] >= MOST_STREAMS:
        raise TokenError("slow_down", "Too many streams are open.", retry_after=10)
    told = events(order, service.auth.store, current_visit().streams.stopping)
    return StreamingResponse(
        _counted(client.client_id, told),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},  # nginx would keep events back
    )


async def _counted(client_id: str, told: AsyncIterator[str]) -> AsyncIterator[str]:
    _open[client_id] += 1
    try:
        async with aclosing(told):  # type: ignore[type-var]  # a generator, though typed by less
            async for each in told:
                yield each
    finally:
        _open[client_id] -= 1
        if not _open[client_id]:
            del _open[client_id]


def _joined(messages: Any) -> dict[str, Any]:
    """All in one answer: only the last knows how far it leads."""
    found: dict[str, Any] = {}
    for each in messages:
        found["changes"] = found.get("changes", []) + each.get("changes", [])
        found |= {name: value for name, value in each.items() if name != "changes"}
    return found
