"""`/account/history`."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from ....web.asgi import current_visit
from ...routes.dependencies import Serving
from ...routes.menu import may_see_console
from ...routes.query import after_of, page_of
from ...routes.responses import show
from ...routes.submit_once import PageRoute
from ...steps.confirm_password import owner
from ...steps.own_history import own_history
from ...ui.folding import folded
from ...ui.page import Page
from ...ui.rows import HappenedRow
from ...ui.words import own

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHistoryPage(Page):
    """All that happened to the person who asks, page by page.  `console`: whether they may see
    the console."""

    template: ClassVar[str] = "journeys/history/own_history.html"
    now: int
    rows: tuple[HappenedRow, ...]
    older: str = ""
    console: bool = False


@router.get("/account/history")
async def get_history(service: Serving, after: str = "") -> Response:
    principal = await current_visit().principal()
    await owner(service, principal)
    found, older = await page_of(service.history, own_history(principal), after_of(after))
    page = OwnHistoryPage(
        now=service.clock(),
        rows=tuple(
            own(each, principal.subject, service.kinds) for each in folded(found, service.kinds)
        ),
        older="" if older is None else urlencode({"after": older}),
        console=may_see_console(principal),
    )
    return show(service, page)
