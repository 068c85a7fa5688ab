"""What was decided about a user, carried out on the sessions, also after a crash in between.

Users and sessions may lie in two databases.  So a decision (lock, roles, password) is first written
into the user's own row, where it counts; then it is carried out; then the row notes that.  Whatever
a crash left between the steps, a sweep finishes: to carry out a decision twice changes nothing.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ...auth import Auth
from ...errors import StoreMoved, StoreUnavailable
from ...types import Device
from .user import User
from .users import Users

log = logging.getLogger("doorward")

EVERY = 5
"""Seconds between two sweeps."""

_NOWHERE = Device()


class NotApplied(StoreUnavailable):
    """The user is changed or deleted, but not yet the sessions.  Servers do what is left within
    seconds, except after a deletion: then the act has to be repeated."""


@contextmanager
def applying() -> Iterator[None]:
    """Raise `NotApplied` when the store of the sessions fails within this block."""
    try:
        yield
    except StoreMoved:
        raise
    except StoreUnavailable as error:
        raise NotApplied(str(error)) from error


async def apply_decisions(
    users: Users, auth: Auth, user: User, *, device: Device = _NOWHERE
) -> tuple[User, int] | None:
    """Carry out what the user's row says until it still says so afterwards: of two who decide at
    once, the last one's word is in both places in the end.

    The user, and how many sessions ended or changed; None when the user was deleted meanwhile.
    `device` is where the decision came from.  Raises `NotApplied`.
    """
    touched: set[str] = set()
    found: User | None = user
    while found is not None:
        with applying():
            touched.update(await _carry_out(auth, found, device))
        if await users.settle(found.subject, found.decided):
            return found, len(touched)
        found = await users.by_subject(user.subject)
    return None


async def sweep(users: Users, auth: Auth) -> int:
    """Finish what was decided and not settled.  How many users it concerned."""
    total = 0
    while found := await users.unsettled():
        for user in found:
            await apply_decisions(users, auth, user)
        total += len(found)
    return total


async def keep_sweeping(users: Users, auth: Auth) -> None:
    """Sweep now and every few seconds, until cancelled."""
    while True:
        try:
            await sweep(users, auth)
        except StoreUnavailable:
            log.debug("nothing could be swept: a database does not answer")
        await asyncio.sleep(EVERY)


async def _carry_out(auth: Auth, user: User, device: Device) -> Sequence[str]:
    """End the sessions of a user who is locked or to be erased; those of another whose password is
    new, but the kept one; and give what is left the user's roles.  The sids."""
    if user.locked_at is not None or user.erase_at is not None:
        return await auth.revoke(subject=user.subject, device=device)
    ended: Sequence[str] = ()
    if user.ends:
        ended = await auth.revoke(subject=user.subject, keep=user.kept or None, device=device)
        if user.decided == user.ending == user.settled + 1:
            return ended
    return [*ended, *await auth.change(user.subject, roles=user.session_roles)]
