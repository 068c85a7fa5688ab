"""Inline refresh: when a refused credential may be renewed, and what is given out then."""

from asyncio import Task, create_task, wait
from collections.abc import Coroutine
from typing import Any

from ..credentials import claimed_sid
from ..errors import Reason, Rejected, StoreUnavailable
from ..types import Issued, Principal, Session
from . import transport
from .gate import Gate
from .transport import Header

LAPSED = frozenset({Reason.EXPIRED, Reason.SUPERSEDED})
"""Refusals of a credential whose own time is over, which says nothing of its session."""

RENEWABLE = LAPSED | {Reason.WITHDRAWN}
"""Refusals of an access token after which the refresh token of the same session may speak."""

DEAD = RENEWABLE | {
    Reason.IDLE,
    Reason.REVOKED,
    Reason.UNKNOWN,
    Reason.REUSED,
    Reason.UNSTEADY,
}
"""Refusals of a credential that was good once or may have been: its holder is nobody now.  What is
malformed or forged was never good, and a second credential could stand behind it."""

_under_way: set[Task[Principal]] = set()
"""The loop alone would not keep them from the collector."""


def begun(renewing: Coroutine[Any, Any, Principal]) -> Task[Principal]:
    """A refresh in a task of its own: whoever waits for it may be cancelled, but once the store
    turned the refresh token, only the answer's cookies keep the person logged in."""
    task = create_task(renewing)
    _under_way.add(task)
    task.add_done_callback(_done)
    return task


async def ended(task: Task[Principal]) -> None:
    """Wait for a refresh, whatever comes of it."""
    await wait([task])


async def outcome(task: Task[Principal]) -> Principal:
    """What came of a refresh, alike for everybody who waits.  Raises as it did."""
    await ended(task)
    return task.result()


def _done(task: Task[Principal]) -> None:
    _under_way.discard(task)
    if not task.cancelled():
        task.exception()  # looked at, so that nothing is logged where nobody waits any more


def may_renew(refused: Rejected, credential: str, refresh_token: str | None) -> bool:
    """An access token out of time, of a withdrawn key or from before a step-up, and the refresh
    token of the same sid, are one credential; anything else that is bad stays bad, whatever stands
    beside it."""
    if refresh_token is None or refused.reason not in RENEWABLE:
        return False
    sid = claimed_sid(credential)
    return sid is not None and sid == claimed_sid(refresh_token)


def given_again(row: Session, credential: str) -> Issued | None:
    """What gives a session cookie once more, to last for another 400 days from now: where the
    session is in use, and may outlive it."""
    if row.expires_at - row.created_at <= transport.MAX_COOKIE_AGE:
        return None
    return Issued(
        session=row, mode="session", credential=credential, credential_expires_at=row.ends_at
    )


async def cookies(gate: Gate, issued: Issued) -> list[Header]:
    """The headers that hand `issued` to a browser, while the row still holds it.  Not knowing is
    no: the browser's own token stays good."""
    try:
        current = await gate.auth.still_holds(issued)
    except StoreUnavailable:
        return []
    return _written(gate, issued) if current else []


def _written(gate: Gate, issued: Issued) -> list[Header]:
    written = transport.write(issued, gate.auth.clock(), gate.cookie_suffix)
    first, *others = gate.modes
    if issued.mode == first:  # else a session that is changing over only goes on for a while
        removed = [transport.remove(other, gate.cookie_suffix) for other in others]
        written += [header for each in removed for header in each]
    return written
