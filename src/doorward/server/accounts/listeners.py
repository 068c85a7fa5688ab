"""Tells an application what became of accounts: at least once, after it was written."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ...errors import StoreUnavailable
from ...settings import MINUTE
from ...stores import Limits
from ...types import NONE, Clock, Roles
from ..db.database import Database
from .account_events import Kind, Noted, forget, waiting
from .users import Users

log = logging.getLogger("doorward")

EVERY = 1.0
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """That an account was created, changed or deleted, and how it is now.

    Several changes may be told as one, and one may be told twice.  Of a deleted account nothing is
    left but the subject.  An account that its owner deletes has changed: `erase_at` is when it will
    be erased (seconds since 1970), unless the person logs in before; only then it is `deleted`.
    """

    kind: Kind
    subject: str
    email: str = ""
    roles: Roles = NONE
    verified: bool = False
    locked: bool = False
    erase_at: int | None = None


Listener = Callable[[AccountEvent], Awaitable[None]]


async def keep_telling(
    listeners: Sequence[Listener], database: Database, users: Users, limits: Limits, clock: Clock
) -> None:
    """Tell what waits, until cancelled; nothing is read where nobody listens."""
    while listeners:
        try:
            await tell(listeners, database, users, limits, clock)
        except StoreUnavailable:
            log.debug("no account event could be read: a database does not answer")
        await asyncio.sleep(EVERY)


async def tell(
    listeners: Sequence[Listener], database: Database, users: Users, limits: Limits, clock: Clock
) -> None:
    """Tell what waits, of each account in its order.  Of several processes one tells an event: it
    has a minute for that, after which the event is told again, as it is if a listener raises."""
    held: set[str] = set()
    for event in await waiting(database):
        if event.subject in held or await limits.hit(_claim(event), MINUTE, 1, clock()):
            held.add(event.subject)
        elif await _told(listeners, await _as_now(users, event)):
            await forget(database, event)
        else:
            held.add(event.subject)


async def _as_now(users: Users, event: Noted) -> AccountEvent:
    user = await users.by_subject(event.subject)
    if user is None:
        return AccountEvent(kind="deleted", subject=event.subject)
    return AccountEvent(
        kind=event.kind,
        subject=user.subject,
        email=user.email,
        roles=user.roles,
        verified=user.verified_at is not None,
        locked=user.locked_at is not None,
        erase_at=user.erase_at,
    )


async def _told(listeners: Sequence[Listener], event: AccountEvent) -> bool:
    for listener in listeners:
        try:
            await listener(event)
        except Exception:
            log.exception(
                "a listener of account events failed and is called again in a minute: %s of %s",
                event.kind,
                event.subject,
            )
            return False
    return True


def _claim(event: Noted) -> str:
    return f"account_event:{event.id}"
