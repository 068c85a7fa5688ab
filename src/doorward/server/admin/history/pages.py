"""`/admin/history`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from fastapi import Request
from markupsafe import Markup
from starlette.responses import Response

from ....settings import DAY, HOUR
from ...audit.history import Query
from ...refusals import Refused
from ...routes.admin import console_router, next_page
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.query import after_of, export, page_of, query_of
from ...routes.responses import show, wrong
from ...service import Service
from ...steps.in_words import in_words
from ...ui.page import ConsolePage
from ...ui.rows import HappenedRow
from ...ui.words import called
from . import plot

router = console_router()

FILTERS = ("person", "kind", "address", "since", "until")

PLOTTED, SHORTEST = 7 * DAY, HOUR
"""Seconds that are drawn at most, and at least, where no time was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage(ConsolePage):
    """What happened, filtered.  `plot` is the drawing, empty when there is no time to draw; `query`
    is the filters as the query of an address."""

    template: ClassVar[str] = "admin/history/history.html"
    now: int
    person: str
    kind: str
    kinds: tuple[tuple[str, str], ...]
    address: str
    since: str
    until: str
    query: str
    plot: Markup = field(default_factory=Markup)
    rows: tuple[HappenedRow, ...] = ()
    older: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@router.get("/history")
async def get_history(request: Request, service: Serving) -> Response:
    said = request.query_params
    filters = {name: said.get(name, "").strip() for name in FILTERS}
    form: dict[str, Any] = {
        "now": service.clock(),
        "menu": menu_of(service),
        "kinds": _kinds(service, filters["kind"]),
        "query": urlencode({name: value for name, value in filters.items() if value}),
        **filters,
    }
    try:
        query = await query_of(request, service)
    except Refused as refused:
        return show(service, HistoryPage(**form, **wrong(refused)), refused)
    if said.get("format"):
        return export(service.history, query, said["format"])
    found, older = await page_of(service.history, query, after_of(said.get("after", "")))
    page = HistoryPage(
        **form,
        plot=await _plot(service, query),
        rows=await in_words(service, found),
        older=next_page(older, **filters),
    )
    return show(service, page)


def _kinds(service: Service, asked: str) -> tuple[tuple[str, str], ...]:
    """Every kind and what it is called, by name; also one that was asked for and is none."""
    known = service.kinds.words() | ({asked: called(asked, service.kinds)} if asked else {})
    return tuple(sorted(known.items(), key=lambda item: item[1].lower()))


async def _plot(service: Service, query: Query) -> Markup:
    now = service.clock()
    until = min(now + 1, now + 1 if query.until is None else query.until)
    since = max(0, await _since(service, until) if query.since is None else query.since)
    if since >= until:
        return Markup()
    counts = await service.history.counts(since, until, service.kinds, query)
    return Markup(plot.draw_all(counts))  # noqa: S704 - numbers and times alone


async def _since(service: Service, until: int) -> int:
    """Where a drawing begins that nobody gave a beginning: with the log, if that is young."""
    begin = await service.history.begin()
    return max(until - PLOTTED, min(until - SHORTEST, until if begin is None else begin))
