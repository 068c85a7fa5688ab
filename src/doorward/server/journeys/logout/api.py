"""`POST /api/logout`."""

from fastapi import APIRouter, Request, Response

from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


@router.post("/api/logout", status_code=204, tags=["Login"], summary="Log out")
async def post_logout(request: Request, service: Serving) -> Response:
    """Also with a session that is dead already. Deletes the cookies."""
    response = Response(status_code=204)
    await service.doorward.logout(request, response)
    return response
