"""`GET /metrics`."""

from fastapi import APIRouter, Request, Response

from ....errors import Reason, Rejected
from ...metrics.metrics import CONTENT_TYPE
from ...metrics.scrape import may_scrape
from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute
from ...steps.denied import note_denied
from .gauges import measure

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


@router.get(
    "/metrics",
    tags=["Server"],
    summary="Counters and timings",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_metrics(request: Request, service: Serving) -> Response:
    """For Prometheus: with the token of `--metrics-token-file`, or from the server's own machine
    through no proxy."""
    peer = request.client.host if request.client else ""
    headers, origin = request.scope["headers"], service.options.origin
    if not may_scrape(peer, headers, service.metrics_token, origin):
        await note_denied(service, Reason.MISSING)
        raise Rejected(Reason.MISSING)
    await measure(service)
    return Response(service.metrics.text(), media_type=CONTENT_TYPE)
