"""Accounts whose limit of wrong guesses was reached, and whose owners do not know of it yet."""

from ...types import Device

MOST = 1_000
"""Accounts that are remembered at once, so that an attack on many does not fill the memory.  The
owners of further ones get no letter."""


class GuessAlarm:
    """Kept in memory until a task in the background takes it.  If the request wrote it to the
    database, its time would tell whether the account exists.  A crash loses what was not taken."""

    def __init__(self) -> None:
        self._reached: dict[str, Device] = {}

    def ring(self, subject: str, device: Device) -> None:
        """The last guess came from `device`.  An unknown account has the subject "", and is
        remembered too: the request does the same work for it."""
        if len(self._reached) < MOST:
            self._reached[subject] = device

    def take(self) -> dict[str, Device]:
        """The accounts since the last call, with the device of their last guess."""
        reached, self._reached = self._reached, {}
        reached.pop("", None)
        return reached
