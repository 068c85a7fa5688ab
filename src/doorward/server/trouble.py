"""Whether a database failed somebody a moment ago."""

from ..types import Clock

LASTS = 10
"""Seconds for which the server calls itself unwell after that."""


class Trouble:
    """Remembers the latest request of this process that a database failed.  A database that is full
    or locked still reads, and to write only in order to see whether it can would be in the way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0

    def happened(self) -> None:
        """A request was answered that the database is unavailable."""
        self._until = self._clock() + LASTS

    @property
    def is_near(self) -> bool:
        """Whether that was less than `LASTS` seconds ago."""
        return self._until - LASTS <= self._clock() < self._until
