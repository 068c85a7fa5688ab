"""Lines that anybody can cause, told sparingly: enough to see who tries, too few to fill a disk."""

from collections import Counter

from ...settings import MINUTE
from ...web import client

FROM_ONE = 10
"""Lines that one source address, or one IPv6 /64, causes in a minute."""

ALTOGETHER = 300
"""Lines in a minute, from however many sources."""


class Sparing:
    """Counts lines by source in this process, a minute at a time."""

    def __init__(self) -> None:
        self._minute = -1
        self._told: Counter[str] = Counter()

    def lets(self, address: str, at: int) -> bool:
        """Whether one more line about `address` is worth its place at this time; then it counts."""
        if at // MINUTE != self._minute:
            self._minute = at // MINUTE
            self._told.clear()
        source = client.bucket(address)
        if self._told[source] >= FROM_ONE or self._told.total() >= ALTOGETHER:
            return False
        self._told[source] += 1
        return True
