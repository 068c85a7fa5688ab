"""`/admin/users`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from starlette.responses import Response

from ....web.asgi import current_visit
from ...accounts.factors import Held
from ...accounts.user import User
from ...audit.history import Query
from ...routes.admin import console_router, next_page
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.notices import notice, told
from ...routes.responses import show
from ...steps.in_words import in_words
from ...steps.live_sessions import live_sessions
from ...ui.notice import NO_NEWS, Notice
from ...ui.page import ConsolePage
from ...ui.rows import HappenedRow, LiveRow
from .flow import find
from .search import MOST_COUNTED, users_of

router = console_router()

FILTERS = ("query", "role", "state", "sort")

LATEST = 20
"""Entries of the history on a user's own page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """One user in a list."""

    subject: str
    email: str
    roles: tuple[str, ...]
    locked: bool
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPage(ConsolePage):
    """All users, or those a search finds.  `total` is how many there are, or with `more`, how many
    of them were counted."""

    template: ClassVar[str] = "admin/users/users.html"
    query: str
    role: str
    state: str
    sort: str
    rows: tuple[UserRow, ...]
    total: int
    more: bool
    older: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPage(ConsolePage):
    """One user: state, roles, live sessions, the latest of the history, and what can be done."""

    template: ClassVar[str] = "admin/users/user.html"
    now: int
    email: str
    subject: str
    roles: tuple[str, ...]
    locked_at: int | None
    has_password: bool
    factors: Held
    created_at: int
    sessions: tuple[LiveRow, ...]
    happened: tuple[HappenedRow, ...]
    notice: Notice = NO_NEWS


@router.get("/users")
async def get_users(request: Request, service: Serving) -> Response:
    asked = {name: request.query_params.get(name, "").strip() for name in FILTERS}
    found = await users_of(service, request.query_params)
    page = UsersPage(
        menu=menu_of(service),
        rows=tuple(_user_row(user) for user in found.users),
        total=min(found.total, MOST_COUNTED),
        more=found.total > MOST_COUNTED,
        older=next_page(found.after, **asked),
        **asked,
    )
    return show(service, page)


@router.get("/users/{subject}")
async def get_user(subject: str, request: Request, service: Serving) -> Response:
    user = await find(service, subject)
    sessions = await live_sessions(service, subject)
    latest = await service.history.page(Query(person=subject), limit=LATEST)
    page = UserPage(
        now=service.clock(),
        menu=menu_of(service),
        notice=notice(request),
        email=user.email,
        subject=subject,
        roles=tuple(sorted(user.roles)),
        locked_at=user.locked_at,
        has_password=user.password_hash is not None,
        factors=await service.factors.held(subject),
        created_at=user.created_at,
        sessions=tuple(LiveRow.of(row, user, current_visit().known) for row in sessions),
        happened=await in_words(service, latest),
    )
    return told(request, show(service, page))


def _user_row(user: User) -> UserRow:
    return UserRow(
        subject=user.subject,
        email=user.email,
        roles=tuple(sorted(user.roles)),
        locked=user.locked_at is not None,
        created_at=user.created_at,
    )
