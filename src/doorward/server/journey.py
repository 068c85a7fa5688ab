"""What one journey brings to the server, beside the code of its folder."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import APIRouter

from .audit.kinds import Kind
from .mail.letter import Filled, Letter, Template
from .service import Service
from .ui.notice import Notice

T = TypeVar("T")

MakeLink = Callable[[Service, Letter], Awaitable[Filled | str | None]]
"""Makes the link of a letter when it is sent, so that the outbox holds nothing that would open an
account.  None when the letter has become pointless, a `Filled` to send another kind in its place: a
letter that anybody may ask for says only now whether there is an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The declarations of one journey, or of several together.

    `events` are the kinds that it records, by name.  `letters` are the mails that tell a person of
    an event, by its kind, and `links` make the links in them.  `notices` are the news that a page
    after a redirect can tell, by the word in the cookie.  `tickets` are the kinds of its one-time
    links.
    """

    routers: tuple[APIRouter, ...] = ()
    events: Mapping[str, Kind] = field(default_factory=dict)
    letters: Mapping[str, Template] = field(default_factory=dict)
    links: Mapping[str, MakeLink] = field(default_factory=dict)
    notices: Mapping[str, Notice] = field(default_factory=dict)
    tickets: frozenset[str] = frozenset()


def together(*journeys: Journey) -> Journey:
    """All declarations in one.  Raises `ValueError` for a name that two journeys declare: neither
    could know which of the two is meant."""
    return Journey(
        routers=tuple(router for each in journeys for router in each.routers),
        events=_merged("event", [each.events for each in journeys]),
        letters=_merged("letter", [each.letters for each in journeys]),
        links=_merged("link", [each.links for each in journeys]),
        notices=_merged("notice", [each.notices for each in journeys]),
        tickets=frozenset(_merged("ticket", [dict.fromkeys(each.tickets) for each in journeys])),
    )


def _merged(what: str, tables: Iterable[Mapping[str, T]]) -> Mapping[str, T]:
    found: dict[str, T] = {}
    for table in tables:
        if twice := found.keys() & table:
            raise ValueError(f"two journeys declare the {what} {', '.join(sorted(twice))}")
        found.update(table)
    return found
