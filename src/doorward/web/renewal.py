"""Inline refresh: when a refused credential may be renewed, and what is given out then."""

from asyncio import Task, create_task, wait
from collections.abc import Coroutine
from typing import Any

from .. import rules
from ..auth import Auth
from ..credentials import claimed_sid
from ..errors import Reason, Rejected, StoreUnavailable
from ..types import Device, Issued, Principal, Session
from . import transport
from .gate import Gate
from .transport import Header, Presented

LAPSED = frozenset({Reason.EXPIRED, Reason.SUPERSEDED})
"""Refusals of a credential that has run out, although its session may live."""

RENEWABLE = LAPSED | {Reason.WITHDRAWN}
"""Refusals of an access token after which the refresh token of the same session may be used."""

DEAD = RENEWABLE | {
    Reason.IDLE,
    Reason.REVOKED,
    Reason.UNKNOWN,
    Reason.REUSED,
    Reason.UNSTEADY,
}
"""Refusals of a credential that was valid once or may have been: its holder is not logged in now.
A malformed or forged one was never valid, and a second credential could be behind it."""

_under_way: set[Task[Principal]] = set()
"""Keeps them from the garbage collector: the event loop has only weak references."""


def begun(renewing: Coroutine[Any, Any, Principal]) -> Task[Principal]:
    """A refresh in a task of its own: whoever waits for it may be cancelled, but once the store has
    rotated the refresh token, only the answer's cookies keep the person logged in."""
    task = create_task(renewing)
    _under_way.add(task)
    task.add_done_callback(_done)
    return task


async def ended(task: Task[Principal]) -> None:
    """Wait for a refresh, whatever comes of it."""
    await wait([task])


async def outcome(task: Task[Principal]) -> Principal:
    """The result of a refresh, the same for everybody who waits.  Raises what it raised."""
    await ended(task)
    return task.result()


def _done(task: Task[Principal]) -> None:
    _under_way.discard(task)
    if not task.cancelled():
        task.exception()  # read, so that asyncio logs nothing if nobody waits any more


def may_renew(refused: Rejected, credential: str, refresh_token: str | None) -> bool:
    """An access token that has expired, has a withdrawn key or is older than a step-up counts as
    one credential with the refresh token of the same sid.  Any other bad credential stays bad,
    whatever comes with it."""
    if refresh_token is None or refused.reason not in RENEWABLE:
        return False
    sid = claimed_sid(credential)
    return sid is not None and sid == claimed_sid(refresh_token)


async def exchanged(
    auth: Auth, shown: Presented, known: Principal | None, device: Device
) -> Issued | Principal:
    """New credentials for an access token that has run out, or for a session cookie where tokens
    are issued.  Such a cookie has a `known` principal, who stays the answer if it cannot be
    exchanged."""
    secret = shown.credential if shown.mode == "session" else shown.refresh_token
    try:
        return await auth.refresh(secret or "", device)
    except Rejected as refused:
        if known is None or refused.reason is not Reason.SUPERSEDED:
            raise
        return known  # the secret from before a step-up, in its overlap


def principal_of(issued: Issued) -> Principal:
    """The principal of credentials that were just issued."""
    row = issued.session
    return rules.principal_of(row, issued.mode, row.authenticated_at, row.amr)


def given_again(row: Session, credential: str) -> Issued | None:
    """The session cookie again, to last for another 400 days, if the session is in use and may
    outlive its cookie."""
    if row.expires_at - row.created_at <= transport.MAX_COOKIE_AGE:
        return None
    return Issued(
        session=row, mode="session", credential=credential, credential_expires_at=row.ends_at
    )


async def cookies(gate: Gate, issued: Issued) -> list[Header]:
    """The headers that hand `issued` to a browser, while the row still holds it.  None if the store
    does not answer: the token of the browser stays good."""
    try:
        current = await gate.auth.still_holds(issued)
    except StoreUnavailable:
        return []
    return _written(gate, issued) if current else []


def _written(gate: Gate, issued: Issued) -> list[Header]:
    written = transport.write(issued, gate.auth.clock(), gate.cookie_suffix)
    first, *others = gate.modes
    if issued.mode == first:  # the new mode: its cookies replace those of the old one
        removed = [transport.remove(other, gate.cookie_suffix) for other in others]
        written += [header for each in removed for header in each]
    return written
