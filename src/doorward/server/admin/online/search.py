"""Who is logged in now, of everybody: the latest activity first, page by page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ....auth import Auth
from ....stores import Page
from ....types import Session
from ...accounts.user import User
from ...accounts.users import Users

PAGE = 50

MAX_PEOPLE = 50
"""People whose sessions a search shows: those whose addresses come first."""


class Online(NamedTuple):
    """One page: live sessions, whose they are as far as the server knows them, and where the next
    page begins, or None."""

    sessions: Sequence[Session]
    users: Mapping[str, User]
    older: Page | None


async def online(
    users: Users, auth: Auth, query: str = "", after: Page | None = None, limit: int = PAGE
) -> Online:
    """Everybody's live sessions, or those of the people that `query` finds."""
    if query:
        found = {user.subject: user for user in await users.list(query=query, limit=MAX_PEOPLE)}
        pages = [await auth.sessions(subject, after, limit + 1) for subject in found]
        rows = sorted((row for page in pages for row in page), key=_place, reverse=True)
    else:
        rows = list(await auth.sessions(None, after, limit + 1))
        found = dict(await users.named({row.subject for row in rows}))
    shown = rows[:limit]
    return Online(shown, found, _place(shown[-1]) if len(rows) > limit else None)


def place_of(text: str) -> Page | None:
    """The place that `text_of` wrote; None for anything else."""
    seen, dot, sid = text.partition(".")
    if not dot or not (seen.isascii() and seen.isdigit()) or len(seen) > 12:
        return None
    found = Page(int(seen), sid)
    return found if text_of(found) == text else None


def text_of(place: Page | None) -> str | None:
    """A place as it stands in an address."""
    return None if place is None else f"{place.seen_at}.{place.sid}"


def _place(session: Session) -> Page:
    return Page(session.seen_at, session.sid)
