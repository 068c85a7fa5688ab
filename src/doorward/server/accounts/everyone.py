"""End the sessions of everybody (ASVS 7.4.5), in steps that a crash may interrupt."""

from asyncio import gather
from collections.abc import Awaitable, Iterable, Sequence
from math import inf
from typing import NamedTuple

from ...auth import Auth
from ...login import NOWHERE
from ...stores import EVERY_ROW, Page
from ...types import Device, Principal

STEP = 256
"""Sessions looked at together."""

AT_ONCE = 64
"""People decided about side by side.  A store answers within seconds or fails the act, and others
wait for it, too."""


class Ended(NamedTuple):
    """How many sessions ended, and of how many people."""

    sessions: int = 0
    people: int = 0


async def end_everyone(
    auth: Auth, *, keep: Principal | None = None, device: Device = NOWHERE
) -> Ended:
    """End every session that began before this, but that of `keep`.  `device` is where it was
    decided.

    Each person is one atomic step, recorded as `revoked` with the sessions that it ended; their
    logins under way are superseded and read the user again.  A login that comes afterwards stays,
    unless older sessions of that person still wait for their turn: then it ends with those.  If a
    crash or a failing store leaves some sessions, repeating the act ends them.
    """
    began = auth.clock()
    total = await _walk(auth, keep, device, inf)
    # sessions that were active meanwhile moved to the front of the list, behind the walk
    while (more := await _walk(auth, keep, device, began)).sessions:
        total = Ended(total.sessions + more.sessions, total.people + more.people)
    return total


async def _walk(auth: Auth, keep: Principal | None, device: Device, latest: float) -> Ended:
    """End the sessions that began at `latest` or before, latest activity first, including those
    that have expired only by the clock of this process.

    The first walk ends every session that it finds, also one of a process whose clock is ahead.
    """
    spared = {} if keep is None else {keep.subject: keep.sid}
    sessions = people = 0
    after: Page | None = None
    while page := await auth.store.sessions(None, EVERY_ROW, after, STEP):
        due = [row for row in page if row.created_at <= latest]
        whom = list({row.subject for row in due if row.sid != spared.get(row.subject)})
        for some in (whom[n : n + AT_ONCE] for n in range(0, len(whom), AT_ONCE)):
            acts = [auth.revoke(subject=who, keep=spared.get(who), device=device) for who in some]
            for ended in await _all(acts):
                sessions, people = sessions + len(ended), people + bool(ended)
        after = Page(page[-1].seen_at, page[-1].sid)
    return Ended(sessions, people)


async def _all(acts: Iterable[Awaitable[Sequence[str]]]) -> list[Sequence[str]]:
    """The results of all, which run concurrently.  An error is raised once all have finished."""
    done: list[Sequence[str]] = []
    for each in await gather(*acts, return_exceptions=True):
        if isinstance(each, BaseException):
            raise each
        done.append(each)
    return done
