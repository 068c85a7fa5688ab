"""One-time tickets, the secrets in links: of each only a digest is stored, and it works once."""

import json
import re
from hashlib import sha256
from secrets import token_urlsafe
from typing import NamedTuple

from ...stores import Tickets

_TICKET = re.compile(r"[\w-]{43}", re.ASCII)


class Claim(NamedTuple):
    """What a ticket is good for, in words that its kind understands, and when it dies."""

    words: tuple[str, ...]
    expires_at: int


async def issue(tickets: Tickets, kind: str, claim: Claim) -> str:
    """A new ticket.  Whoever bears it has the claim."""
    ticket = new()
    await put_back(tickets, kind, ticket, claim)
    return ticket


def new() -> str:
    """A random ticket that nobody keeps yet."""
    return token_urlsafe(32)


def is_whole(ticket: str) -> bool:
    """Whether this has the form of a ticket, all of it."""
    return _TICKET.fullmatch(ticket) is not None


async def look(tickets: Tickets, kind: str, ticket: str, *, at: int) -> Claim | None:
    """What a ticket is good for, without using it up.  None as in `use`."""
    found = await tickets.look(kind, _digest(ticket), at)
    return None if found is None else _claim(found)


async def use(tickets: Tickets, kind: str, ticket: str, *, at: int) -> Claim | None:
    """Use a ticket up: of many who do so at once, one gets the claim.  None when it is unknown,
    dead or used."""
    taken = await tickets.take(kind, _digest(ticket), at)
    if taken is None or not taken[1]:
        return None
    return _claim(taken[0])


async def put_back(tickets: Tickets, kind: str, ticket: str, claim: Claim) -> None:
    """Let a ticket work as if it had not been used: what its bearer wanted was refused."""
    await tickets.put(kind, _digest(ticket), json.dumps(claim), claim.expires_at)


def _claim(payload: str) -> Claim:
    words, expires_at = json.loads(payload)
    return Claim(tuple(words), expires_at)


def _digest(ticket: str) -> bytes:
    return sha256(ticket.encode("utf-8", "replace")).digest()
