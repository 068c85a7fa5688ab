"""Lines that anybody can cause, told sparingly: enough to see who tries, too few to fill a disk."""

from collections import Counter

from ...settings import MINUTE
from ...web import client

FROM_ONE = 10
"""Lines of one word that one source address, or one IPv6 /64, causes in a minute."""

MAX_FROM_ONE = 100
"""Lines of all words that it causes in a minute, so that it cannot crowd out the lines of
others."""

ALTOGETHER = 300
"""Lines in a minute, from however many sources."""


class Sampling:
    """Counts lines by source in this process, a minute at a time."""

    def __init__(self) -> None:
        self._minute = -1
        self._sources: Counter[str] = Counter()
        self._words: Counter[tuple[str, str]] = Counter()

    def lets(self, address: str, at: int, word: str = "") -> bool:
        """Whether one more line about `address` may be written at this time; if so, it is counted.

        `word`, from a closed set, says what the line names: a flood of one attack must not hide
        the next one from the same address.
        """
        if at // MINUTE != self._minute:
            self._minute = at // MINUTE
            self._sources.clear()
            self._words.clear()
        source = client.bucket(address)
        if (
            self._words[source, word] >= FROM_ONE
            or self._sources[source] >= MAX_FROM_ONE
            or self._sources.total() >= ALTOGETHER
        ):
            return False
        self._words[source, word] += 1
        self._sources[source] += 1
        return True
