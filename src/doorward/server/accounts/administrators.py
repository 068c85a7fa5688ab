"""Who administers, as conditions within a statement."""

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_, select

from .role_names import piece
from .user import ADMIN, USERS
from .user_list import has


def an_admin(but: str | None = None) -> ColumnElement[bool]:
    """Whether there is an administrator, beside `but`."""
    others = USERS.alias()
    found = select(others.c.subject).where(_administers(others))
    return exists(found if but is None else found.where(others.c.subject != but))


def is_no_admin_or_not_the_last(subject: str) -> ColumnElement[bool]:
    """Whether an administrator is left without this user, or they are none.  It belongs into the
    statement that writes: two administrators who demote each other cannot both succeed."""
    return or_(~_administers(USERS), an_admin(but=subject))


def _administers(users: FromClause) -> ColumnElement[bool]:
    stays = and_(users.c.locked_at.is_(None), users.c.erase_at.is_(None))
    return and_(stays, has(users.c.roles, piece(ADMIN)))
