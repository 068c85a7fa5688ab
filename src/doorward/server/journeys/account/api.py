"""`GET /api/me`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from ....web import origin
from ...routes.bodies import Who, who
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.strict_json import StrictRoute

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class Me(Who):
    csrf_token: Annotated[
        str,
        Field(
            description="For the header X-CSRF-Token of clients that send a cookie, but neither"
            " Sec-Fetch-Site nor Origin."
        ),
    ]


@router.get("/api/me", tags=["Account"], summary="Who am I?")
async def get_me(principal: Known, service: Serving) -> Me:
    token = origin.csrf_token(service.auth.csrf_keys, principal.sid)
    return Me(**dict(who(principal)), csrf_token=token)
