"""The history: the audit log as people ask about it, newest first, page by page."""

import operator
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    tuple_,
)

from ...settings import DAY, HOUR, MINUTE
from ..db.database import Database
from .entry import AUDIT, Kept, kept
from .kinds import Kinds

PAGE = 50
_STREAMED = 1000

MAX_BUCKETS = 60
"""Columns of a plot: more are too thin to see."""

_STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY)

_COLUMNS = [column for column in AUDIT.c if column.name != "hash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which entries; what is empty or None does not restrict.

    `person` is the subject it was done to or who did it; with `own`, what they did to others is
    left out.  `since` is the first second, `until` the first no more.
    """

    person: str = ""
    own: bool = False
    kind: str = ""
    address: str = ""
    since: int | None = None
    until: int | None = None


EVERYTHING = Query()


class Place(NamedTuple):
    """Where a page ended: the next begins below."""

    at: int
    seq: int


class Count(NamedTuple):
    """How much happened in the seconds from `at` to the next count."""

    at: int
    logins: int
    refusals: int


class History:
    """Reads the log.  Every method raises `StoreUnavailable`.

    No cursor stays open between two pages, however slowly somebody reads them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, query: Query, after: Place | None = None, limit: int = PAGE
    ) -> Sequence[Kept]:
        """Entries, the latest first, from the one that follows `after`."""
        found = [
            kept(row)
            for statement in _pages(query, after, limit)
            for row in await self._database.run(statement)
        ]
        return sorted(found, key=place, reverse=True)[:limit]

    async def stream(self, query: Query) -> AsyncIterator[Sequence[Kept]]:
        """All of them, in pages."""
        after = None
        while page := await self.page(query, after, _STREAMED):
            yield page
            after = place(page[-1])

    async def counts(
        self, since: int, until: int, kinds: Kinds, query: Query = EVERYTHING
    ) -> list[Count]:
        """How many logins and refusals there were among the entries that `query` finds, in equal
        steps; none is left out.  The times of the query do not count."""
        step = step_for(since, until)
        begin = since - since % step
        rows = await self._database.run(_counts(begin, until, step, kinds, query))
        return [Count(at, logins, refusals) for at, logins, refusals in map(tuple, rows)]

    async def begin(self) -> int | None:
        """When the oldest entry was made; None of an empty log."""
        ((at,),) = await self._database.run(select(func.min(AUDIT.c.at)))
        return None if at is None else int(at)


def place(entry: Kept) -> Place:
    """Where a page that ends with this entry ended."""
    return Place(entry.entry.at, entry.seq)


def step_for(since: int, until: int) -> int:
    """The shortest of the steps people know that makes no more than `MAX_BUCKETS`."""
    span = until - since
    return next((step for step in _STEPS if span <= step * (MAX_BUCKETS - 1)), span)


def _pages(query: Query, after: Place | None, limit: int) -> Iterator[Select[Any]]:
    """One statement for each index that is read, each in the order of its index."""
    for driving, rest in _conditions(query):
        statement = select(*_COLUMNS).where(*driving, *rest)
        if after is not None:
            statement = statement.where(tuple_(AUDIT.c.at, AUDIT.c.seq) < tuple_(*after))
        yield statement.order_by(AUDIT.c.at.desc(), AUDIT.c.seq.desc()).limit(limit)


Conditions = tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]


def _conditions(query: Query) -> list[Conditions]:
    """What leads, by an index, and what only filters.

    The narrowest leads: a person has fewer entries than an address, an address than a kind.  The
    engine, which keeps no statistics, would guess.
    """
    time = []
    if query.since is not None:
        time.append(AUDIT.c.at >= query.since)
    if query.until is not None:
        time.append(AUDIT.c.at < query.until)
    equal = [(AUDIT.c.address, query.address), (AUDIT.c.kind, query.kind)]
    given = [(column, value) for column, value in equal if value]
    if query.person:
        filters = [_unindexed(column) == value for column, value in given]
        others = and_(AUDIT.c.actor == query.person, AUDIT.c.actor != AUDIT.c.subject)
        by_them = time + filters + ([AUDIT.c.subject == ""] if query.own else [])
        return [([AUDIT.c.subject == query.person], time + filters), ([others], by_them)]
    leading = [column == value for column, value in given[:1]]
    return [(leading, time + [_unindexed(column) == value for column, value in given[1:]])]


def _unindexed(column: ColumnElement[str]) -> ColumnElement[str]:
    """The same text, as an expression that no index is on."""
    return column.concat("")


def _count(query: Query, within: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    """How many entries of one kind the query finds within a step."""
    timeless = replace(query, since=None, until=None)
    each = [
        select(func.count()).where(*leading, *rest, *within)
        for leading, rest in _conditions(timeless)
    ]
    return reduce(operator.add, [one.scalar_subquery() for one in each])


def _counts(begin: int, until: int, step: int, counted: Kinds, query: Query) -> Select[Any]:
    """The counts of each step: of each kind by itself, which is one range of an index, and a fifth
    of the work of sorting every entry into its step."""
    first = select(literal(begin, BigInteger).label("at")).cte("step", recursive=True)
    after = first.c.at + step
    steps = first.union_all(select(after).where(after < until))
    last = literal(until, BigInteger)
    end = case((steps.c.at + step < last, steps.c.at + step), else_=last)
    within = (AUDIT.c.at >= steps.c.at, AUDIT.c.at < end)

    def many(kinds: Sequence[str]) -> ColumnElement[int]:
        each = [
            _count(replace(query, kind=kind), within) for kind in kinds if query.kind in ("", kind)
        ]
        return reduce(operator.add, each, literal(0))

    logins, refusals = counted.that_count_as("login"), counted.that_count_as("refusal")
    return select(steps.c.at, many(logins), many(refusals)).order_by(steps.c.at)
