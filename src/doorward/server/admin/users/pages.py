"""`/admin/users`."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.responses import Response

from ...accounts.users import User
from ...audit.history import Query
from ...routes.admin import console_router, next_page
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.responses import show
from ...steps.in_words import in_words
from ...steps.live_sessions import live_sessions
from ...ui.page import ConsolePage
from ...ui.rows import HappenedRow, LiveRow
from .flow import find

router = console_router()

PAGE = 50

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
    """All users, or those a search finds."""

    template: ClassVar[str] = "admin/users/users.html"
    query: str
    rows: tuple[UserRow, ...]
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
    created_at: int
    sessions: tuple[LiveRow, ...]
    happened: tuple[HappenedRow, ...]


@router.get("/users")
async def get_users(service: Serving, query: str = "", after: str = "") -> Response:
    query = query.strip()
    found = await service.users.list(after or None, PAGE + 1, query=query)
    shown = found[:PAGE]
    older = shown[-1].email if len(found) > PAGE else None
    rows = tuple(_user_row(user) for user in shown)
    page = UsersPage(
        menu=menu_of(service), query=query, rows=rows, older=next_page(older, query=query)
    )
    return show(page)


@router.get("/users/{subject}")
async def get_user(subject: str, service: Serving) -> Response:
    user = await find(service, subject)
    sessions = await live_sessions(service, subject)
    latest = await service.history.page(Query(person=subject), limit=LATEST)
    page = UserPage(
        now=service.clock(),
        menu=menu_of(service),
        email=user.email,
        subject=subject,
        roles=tuple(sorted(user.roles)),
        locked_at=user.locked_at,
        has_password=user.password_hash is not None,
        created_at=user.created_at,
        sessions=tuple(LiveRow.of(row, user) for row in sessions),
        happened=await in_words(service, latest),
    )
    return show(page)


def _user_row(user: User) -> UserRow:
    return UserRow(
        subject=user.subject,
        email=user.email,
        roles=tuple(sorted(user.roles)),
        locked=user.locked_at is not None,
        created_at=user.created_at,
    )
