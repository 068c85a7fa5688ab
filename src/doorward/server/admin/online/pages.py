"""`/admin`: who is logged in."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from ...routes.admin import console_router, next_page
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.notices import notice, told
from ...routes.responses import show
from ...ui.notice import NO_NEWS, Notice
from ...ui.page import ConsolePage
from ...ui.rows import LiveRow
from .live import news
from .search import online, place_of, text_of

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlinePage(ConsolePage):
    """Who is logged in now."""

    template: ClassVar[str] = "admin/online/online.html"
    now: int
    query: str
    rows: tuple[LiveRow, ...]
    live: bool
    older: str = ""
    notice: Notice = NO_NEWS


@router.get("")
async def get_online(
    request: Request, service: Serving, query: str = "", after: str = ""
) -> Response:
    query, place = query.strip(), place_of(after)
    found = await online(service.users, service.auth, query, place)
    page = OnlinePage(
        now=service.clock(),
        menu=menu_of(service),
        notice=notice(request),
        query=query,
        rows=tuple(LiveRow.of(row, found.users.get(row.subject)) for row in found.sessions),
        live=place is None,
        older=next_page(text_of(found.older), query=query),
    )
    return told(request, show(page))


@router.get("/online/events")
async def get_events(service: Serving) -> Response:
    """Says `change` whenever somebody logged in, or a session ended or changed.  It ends with the
    session of who listens."""
    return StreamingResponse(
        news(service), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )
