"""Log out."""

from fastapi import Request
from starlette.responses import Response

from ..service import Service


async def logout(service: Service, request: Request, response: Response) -> None:
    """End the session of this request, dead or alive; `response` deletes its cookies."""
    await service.doorward.logout(request, response)
