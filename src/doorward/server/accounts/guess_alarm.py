"""Accounts at which somebody guessed until the limit, whose owners are still to be told."""

from ...types import Device

MOST = 1_000
"""Accounts that are remembered at once: whoever guesses at so many is no news to each of them."""


class GuessAlarm:
    """Kept in memory, and told by a task in the background: a request that wrote something for an
    account that exists would take longer than others.  A crash loses what was not told yet."""

    def __init__(self) -> None:
        self._reached: dict[str, Device] = {}

    def ring(self, subject: str, device: Device) -> None:
        """The last guess came from `device`.  An unknown account has no subject, and is remembered
        all the same, as the same work."""
        if len(self._reached) < MOST:
            self._reached[subject] = device

    def take(self) -> dict[str, Device]:
        """The accounts since this was asked, and their last device."""
        reached, self._reached = self._reached, {}
        reached.pop("", None)
        return reached
