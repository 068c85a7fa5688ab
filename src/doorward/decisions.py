"""Decisions about sessions: written to the store, and obeyed here from the next check on."""

from collections.abc import Sequence

from .change_feed import ChangeFeed
from .stores import Backend, Decision, Most
from .types import Clock, Session


class Decisions:
    """Writes one decision at a time, each in one atomic step of the store.

    What this process read before a decision counts as old afterwards, also when the store failed:
    perhaps only its answer was lost.
    """

    def __init__(
        self, store: Backend, most: Most | None, clock: Clock, change_feed: ChangeFeed
    ) -> None:
        self._most = most
        self._store = store
        self._clock = clock
        self._change_feed = change_feed

    async def begin(self, session: Session, mark: int, most: Most | None = None) -> None:
        """Store a new session.  Raises `Rejected` when its subject was changed after `mark`, or has
        too many sessions: more than `most`, or than usual."""
        most = most or self._most
        try:
            await self._store.insert(session, mark, session.created_at, most)
        finally:
            if most is not None:  # it may have ended the oldest
                self._change_feed.decided()

    async def replace(self, row: Session, new: Session) -> bool:
        """Put `new` in the place of `row`; False when a sibling was faster."""
        if not await self._store.replace(row, new):
            return False
        if new.ver > row.ver:
            self._change_feed.decided()
        return True

    async def end(
        self, sid: str | None = None, *, subject: str | None = None, keep: str | None = None
    ) -> Sequence[str]:
        """End one session, or all of a subject's but `keep`.  Returns the sids that ended."""
        revoke = Decision(revoke=True)
        return await self.change(revoke, self._clock(), sid=sid, subject=subject, keep=keep)

    async def change(self, decision: Decision, at: int, **whose: str | None) -> Sequence[str]:
        """Apply a decision to one session or a subject's.  Returns the sids that it changed."""
        try:
            return await self._store.change(**whose, decision=decision, at=at)
        finally:
            self._change_feed.decided()
