"""Which users a list holds, and in which order."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, tuple_

from .email import forms
from .role_names import piece
from .user import USERS, User


class Wanted(NamedTuple):
    """Which users a list holds, and in which order: by address, or the newest first.  An empty
    `role` and a `locked` of None restrict nothing."""

    role: str = ""
    locked: bool | None = None
    newest: bool = False

    def holds(self, user: User) -> bool:
        """Whether this user is among them."""
        has_role = not self.role or self.role in user.roles
        return has_role and self.locked in (None, user.locked_at is not None)

    def mark(self, user: User) -> str:
        """Where a list that ends with this user ends."""
        return f"{user.created_at}.{user.email}" if self.newest else user.email


EVERYBODY = Wanted()


def order(newest: bool, after: str) -> tuple[list[Any], list[ColumnElement[bool]]]:
    """The order of a list, and what follows the mark `after` in it."""
    at, email = USERS.c.created_at, USERS.c.email
    if not newest:
        return [email], [email > after] if after else []
    since, dot, address = after.partition(".")
    follows = (
        [tuple_(at, email) < tuple_(int(since), address)]
        if dot and since.isascii() and since.isdigit() and len(since) <= 12
        else []
    )
    return [at.desc(), email.desc()], follows


def conditions(query: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = []
    if query:
        pieces = [USERS.c.email.contains(form, autoescape=True) for form in forms(query)]
        found.append(or_(*pieces))
    if wanted.role:
        found.append(has(USERS.c.roles, piece(wanted.role)))
    if wanted.locked is not None:
        found.append(USERS.c.locked_at.is_not(None) == wanted.locked)
    return found


def has(column: ColumnElement[str], piece: str) -> ColumnElement[bool]:
    """Whether a text contains another, in these very letters, of which none is special."""
    return column != func.replace(column, piece, "")
