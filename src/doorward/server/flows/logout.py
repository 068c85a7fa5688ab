"""Log out."""

from fastapi import Request
from starlette.responses import Response

from ..service import Service

CLEAR_SITE_DATA = '"cache", "storage"'
"""What a browser forgets of this origin: pages that the Back button would show, and what scripts
kept.  Not "cookies": that would also delete those of every sibling subdomain, and the mark by which
the owner's device is known; ours are deleted by name."""


async def logout(service: Service, request: Request, response: Response) -> None:
    """End the session of this request, dead or alive; `response` deletes its cookies."""
    await service.doorward.logout(request, response)
    response.headers["clear-site-data"] = CLEAR_SITE_DATA
