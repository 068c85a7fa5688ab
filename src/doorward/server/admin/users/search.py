"""A page of the list of users, as console and API ask for it."""

from collections.abc import Mapping
from typing import NamedTuple

from ...accounts.user import User
from ...accounts.user_list import Wanted
from ...refusals import Refusal, Refused
from ...service import Service

PAGE = 50

MOST_COUNTED = 10_000
"""Users that a list counts: with very many, counting all would take longer than the list."""

STATES = {"": None, "active": False, "locked": True}
SORTS = {"": False, "email": False, "newest": True}


class Listed(NamedTuple):
    """One page: the users, how many there are in all, up to one more than `MOST_COUNTED`, and the
    `after` of the next page, or None."""

    users: list[User]
    total: int
    after: str | None


async def users_of(service: Service, said: Mapping[str, str]) -> Listed:
    """The users that a query asks for: `query` finds by a part of the address or by subject, `role`
    and `state` (`active` or `locked`) filter, `sort` is `email` or `newest`.  Raises `Refused`."""
    query, wanted = said.get("query", "").strip(), _wanted(said)
    found = await service.users.list(said.get("after", ""), PAGE + 1, query=query, wanted=wanted)
    shown = found[:PAGE]
    total = await service.users.count_wanted(query, wanted, MOST_COUNTED + 1)
    after = wanted.mark(shown[-1]) if len(found) > PAGE else None
    return Listed(shown, max(total, len(shown)), after)


def _wanted(said: Mapping[str, str]) -> Wanted:
    state, sort = said.get("state", ""), said.get("sort", "")
    if state not in STATES:
        raise Refused(Refusal.INVALID_REQUEST, "A state is active or locked.", field="state")
    if sort not in SORTS:
        raise Refused(Refusal.INVALID_REQUEST, "A list is sorted by email or newest.", field="sort")
    return Wanted(said.get("role", "").strip(), STATES[state], SORTS[sort])
