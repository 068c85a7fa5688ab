"""`/admin/users`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from starlette.responses import Response

from ....web.asgi import current_visit
from ...accounts.factors import Held
from ...accounts.user import User
from ...audit.history import Query
from ...oauth.access import Access, applications_of
from ...routes.admin import console_router, next_page
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.notices import notice, told
from ...routes.responses import show
from ...service import Service
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
    verified: bool = False
    erase_at: int | None = None


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
    notice: Notice = NO_NEWS


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPage(ConsolePage):
    """One user: state, roles, live sessions, the latest of the history, and what can be done.
    `own`: whether it is the account of who asks; `applications` that have access, None where there
    are none on this server."""

    template: ClassVar[str] = "admin/users/user.html"
    now: int
    email: str
    subject: str
    roles: tuple[str, ...]
    locked_at: int | None
    has_password: bool
    factors: Held
    created_at: int
    verified_at: int | None
    erase_at: int | None
    own: bool
    sessions: tuple[LiveRow, ...]
    happened: tuple[HappenedRow, ...]
    applications: tuple[Access, ...] | None = None
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
        notice=notice(request),
        **asked,
    )
    return told(request, show(service, page))


@router.get("/users/{subject}")
async def get_user(subject: str, request: Request, service: Serving) -> Response:
    user = await find(service, subject)
    sessions = await live_sessions(service, subject)
    latest = await service.history.page(Query(person=subject), limit=LATEST)
    asking = current_visit().known
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
        verified_at=user.verified_at,
        erase_at=user.erase_at,
        own=asking is not None and asking.subject == subject,
        sessions=tuple(LiveRow.of(row, user, asking) for row in sessions),
        happened=await in_words(service, latest),
        applications=await _applications(service, subject),
    )
    return told(request, show(service, page))


async def _applications(service: Service, subject: str) -> tuple[Access, ...] | None:
    if not service.options.provider:
        return None
    return tuple(await applications_of(service.provider, subject))


def _user_row(user: User) -> UserRow:
    return UserRow(
        subject=user.subject,
        email=user.email,
        roles=tuple(sorted(user.roles)),
        locked=user.locked_at is not None,
        created_at=user.created_at,
        verified=user.verified_at is not None,
        erase_at=user.erase_at,
    )
