"""Whether a database failed somebody a moment ago."""

import logging

from ...types import Clock

log = logging.getLogger("doorward")

LASTS = 3
"""Seconds for which the server calls itself unwell after that: a request that was under way when
the database came back may fail 2 seconds later, and 5 seconds after it all must be well again."""


class RecentFailure:
    """Remembers the latest request of this process that a database failed.  A database that is full
    or locked still reads, and to write only in order to see whether it can would be in the way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0

    def happened(self, why: str) -> None:
        """A request was answered that the database is unavailable.  Logged when that begins."""
        if not self.is_recent:
            log.warning("a database failed a request: %s", why)
        self._until = self._clock() + LASTS

    @property
    def is_recent(self) -> bool:
        """Whether that was less than `LASTS` seconds ago."""
        return self._until - LASTS <= self._clock() < self._until
