"""What the routes of all journeys depend on."""

from typing import Annotated, Any

from fastapi import Depends, Request

from ...types import Principal
from ...web.fastapi import Guard
from ..service import Service
from .bodies import Problem


def the_service(request: Request) -> Service:
    """What the lifespan opened."""
    service: Service = request.app.state.service
    return service


Serving = Annotated[Service, Depends(the_service)]
Known = Annotated[Principal, Depends(Guard())]

PROBLEM: dict[int | str, dict[str, Any]] = {
    "default": {"description": "Any refusal, with its reason.", "model": Problem}
}
