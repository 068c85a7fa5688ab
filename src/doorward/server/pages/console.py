"""The console: who is there, who they are, what happened, which keys sign."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response, StreamingResponse

from ...settings import DAY
from ...types import Session
from ..accounts.online import online, place_of, text_of
from ..accounts.users import User
from ..audit.entry import Kept
from ..audit.history import Query
from ..flows import administer
from ..flows.sessions import MOST
from ..refusals import Refused
from ..routes.access import ConsoleRoute
from ..routes.api import Serving
from ..routes.live import news
from ..routes.query import after_of, export, page_of, query_of
from ..service import Service
from ..ui import plot
from ..ui.console import (
    HappenedRow,
    HistoryPage,
    KeyRow,
    KeysPage,
    LiveRow,
    OnlinePage,
    UserPage,
    UserRow,
    UsersPage,
)
from ..ui.key_state import state
from ..ui.words import WORDS, called, happened
from .menu import has_outbox
from .responses import show, wrong

router = APIRouter(prefix="/admin", route_class=ConsoleRoute, include_in_schema=False)

PAGE = 50
LATEST = 20
"""Entries of the history on a user's own page."""

FILTERS = ("person", "kind", "address", "since", "until")

PLOTTED = 7 * DAY
"""Seconds that are drawn where no time was asked for."""


@router.get("")
async def get_online(service: Serving, query: str = "", after: str = "") -> Response:
    query, place = query.strip(), place_of(after)
    found = await online(service.users, service.auth, query, place)
    page = OnlinePage(
        now=service.clock(),
        outbox=has_outbox(service),
        query=query,
        rows=tuple(live_row(row, found.users.get(row.subject)) for row in found.sessions),
        live=place is None,
        older=_next(text_of(found.older), query=query),
    )
    return show(page)


@router.get("/online/events")
async def get_events(service: Serving) -> Response:
    """Says `change` whenever somebody logged in, or a session ended or changed.  It ends with the
    session of who listens."""
    return StreamingResponse(
        news(service), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


@router.get("/users")
async def get_users(service: Serving, query: str = "", after: str = "") -> Response:
    query = query.strip()
    found = await service.users.list(after or None, PAGE + 1, query=query)
    shown = found[:PAGE]
    older = shown[-1].email if len(found) > PAGE else None
    rows = tuple(_user_row(user) for user in shown)
    page = UsersPage(
        outbox=has_outbox(service), query=query, rows=rows, older=_next(older, query=query)
    )
    return show(page)


@router.get("/users/{subject}")
async def get_user(subject: str, service: Serving) -> Response:
    user = await administer.find(service, subject)
    sessions = await service.auth.sessions(subject, limit=MOST)
    latest = await service.history.page(Query(person=subject), limit=LATEST)
    page = UserPage(
        now=service.clock(),
        outbox=has_outbox(service),
        email=user.email,
        subject=subject,
        roles=tuple(sorted(user.roles)),
        locked_at=user.locked_at,
        has_password=user.password_hash is not None,
        created_at=user.created_at,
        sessions=tuple(live_row(row, user) for row in sessions),
        happened=await _happened(service, latest),
    )
    return show(page)


@router.get("/history")
async def get_history(request: Request, service: Serving) -> Response:
    said = request.query_params
    filters = {name: said.get(name, "").strip() for name in FILTERS}
    form: dict[str, Any] = {
        "now": service.clock(),
        "outbox": has_outbox(service),
        "kinds": _kinds(filters["kind"]),
        "query": urlencode({name: value for name, value in filters.items() if value}),
        **filters,
    }
    try:
        query = await query_of(request, service.users)
    except Refused as refused:
        return show(HistoryPage(**form, **wrong(refused)), refused)
    if said.get("format"):
        return export(service.history, query, said["format"])
    found, older = await page_of(service.history, query, after_of(said.get("after", "")))
    page = HistoryPage(
        **form,
        plot=await _plot(service, query),
        rows=await _happened(service, found),
        older=_next(older, **filters),
    )
    return show(page)


@router.get("/keys")
async def get_keys(service: Serving) -> Response:
    keys, now = await service.auth.signing.keys(), service.clock()
    rows = tuple(
        KeyRow(
            kid=key.kid,
            algorithm=key.algorithm,
            state=state(key, keys, now),
            created_at=key.created_at,
            signs_from=key.signs_from,
            withdrawn_at=key.withdrawn_at,
        )
        for key in reversed(keys)
    )
    mode = service.options.mode
    return show(KeysPage(now=now, outbox=has_outbox(service), mode=mode, rows=rows))


def live_row(session: Session, user: User | None) -> LiveRow:
    return LiveRow(
        sid=session.sid,
        subject=session.subject,
        who=session.subject if user is None else user.email,
        label=session.device.label,
        address=session.device.address,
        mode=session.mode,
        created_at=session.created_at,
        seen_at=session.seen_at,
    )


def _kinds(asked: str) -> tuple[tuple[str, str], ...]:
    """Every kind and what it is called, by name; also one that was asked for and is none."""
    known = WORDS | ({asked: called(asked)} if asked else {})
    return tuple(sorted(known.items(), key=lambda item: item[1].lower()))


def _user_row(user: User) -> UserRow:
    return UserRow(
        subject=user.subject,
        email=user.email,
        roles=tuple(sorted(user.roles)),
        locked=user.locked_at is not None,
        created_at=user.created_at,
    )


async def _happened(service: Service, entries: Sequence[Kept]) -> tuple[HappenedRow, ...]:
    subjects = {name for each in entries for name in (each.entry.subject, each.entry.actor)}
    users: Mapping[str, User] = await service.users.named(subjects)
    return tuple(happened(each, users) for each in entries)


async def _plot(service: Service, query: Query) -> Markup:
    now = service.clock()
    until = min(now + 1, now + 1 if query.until is None else query.until)
    since = max(0, until - PLOTTED if query.since is None else query.since)
    if since >= until:
        return Markup()
    counts = await service.history.counts(since, until)
    return Markup(plot.draw_all(counts))  # noqa: S704 - numbers and times alone


def _next(after: str | None, **filters: str) -> str:
    """The query of the address of the next page."""
    given = {name: value for name, value in filters.items() if value}
    return "" if after is None else urlencode({**given, "after": after})
