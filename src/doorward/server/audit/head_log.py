"""The head of the audit log, told to the event log: entries that are removed from the end leave no
trace in the database, but the log knows a hash that is then missing."""

import logging
import os
from asyncio import TimerHandle, get_running_loop

from ...settings import MINUTE
from ...types import Clock
from . import event_log
from .chain import Head

EVERY = 1000
"""Entries after which the head is told at once."""


class HeadLog:
    """Tells the head at most `seconds` after it moved, and not at all while it stands still."""

    def __init__(self, clock: Clock, seconds: float = MINUTE) -> None:
        self._clock = clock
        self._seconds = seconds
        self._head: Head | None = None
        self._told: Head | None = None
        self._timer: TimerHandle | None = None

    def begin(self, head: Head) -> None:
        """This is where the log ended when this process came: told with what comes next."""
        self._head = head

    def saw(self, head: Head) -> None:
        """This is an entry of the log."""
        if self._head is None or head.seq > self._head.seq:
            self._head = head
        if head.seq - (self._told.seq if self._told else head.seq) >= EVERY:
            self.tell()
        elif self._timer is None:
            self._timer = get_running_loop().call_later(self._seconds, self.tell)

    def tell(self) -> None:
        """Tell the latest that was seen, unless it is told already."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._head is not None and self._head.seq and self._head != self._told:
            self._told = self._head
            # several processes write to one log, and each of them tells what it knows
            fields = {"seq": self._head.seq, "hash": self._head.hash.hex(), "pid": os.getpid()}
            event_log.write(logging.INFO, "audit_head", self._clock(), fields)
