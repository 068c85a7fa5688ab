"""Several processes that serve on one socket, and the parent that keeps them alive.

The parent opens no database and has no event loop, only these processes: it waits for signals, for
the death of a worker, and for the message that a worker serves.  All three are bytes in one pipe.
"""

import logging
import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import NoReturn

from .serving import UP, Tie
from .signals import stopping

log = logging.getLogger("doorward")

PAUSE, LONGEST_PAUSE = 0.1, 30.0
"""Seconds before who died is replaced: after a long life, and the most.  They double as long as
the next ones live only briefly."""

BRIEF = 5.0
"""Seconds of life below which a death is likely to happen again."""

GAVE_UP = 1
"""Exit status when no worker ever came up."""

Work = Callable[[Tie], int]


class Supervisor:
    """Keeps `count` processes at `work` until it is told to stop.

    A worker is given its `Tie`, returns its exit status, and has `patience` seconds to end once it
    is told to.
    """

    def __init__(self, count: int, work: Work, patience: float) -> None:
        self._count = count
        self._work = work
        self._patience = patience
        self._alive: dict[int, float] = {}
        self._up = self._stopping = self._impatient = False
        self._pause = PAUSE
        self._not_before = 0.0
        self._stops = stopping()
        self._lifeline = os.pipe()
        self._news = os.pipe()

    def run(self) -> int:
        """The exit status: 0 when told to stop and all have ended, `GAVE_UP` when every worker died
        before it served."""
        with self._signals():
            try:
                self._fill()
                while not self._stopping:
                    self._listen(self._until_due())
                    if not (self._up or self._alive or self._stopping):
                        log.error("No worker came up; the lines above say why.")
                        return GAVE_UP
                    if self._until_due() == 0:
                        self._fill()
                        self._pause = min(2 * self._pause, LONGEST_PAUSE)
            finally:
                self._end()
        return 0

    def _fill(self) -> None:
        while len(self._alive) < self._count:
            self._start()

    def _start(self) -> None:
        # a signal between the fork and the worker's own handlers would be lost on it
        signal.pthread_sigmask(signal.SIG_BLOCK, self._stops)
        try:
            pid = os.fork()
            if pid == 0:
                self._be_worker()
            self._alive[pid] = monotonic()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._stops)

    def _be_worker(self) -> NoReturn:
        """Never returns into what the parent was doing."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in self._stops:  # a terminal signals all processes of the group
                signal.signal(each, signal.SIG_IGN)
            # a handler's exception is lost if Python is just in a callback that swallows it
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._stops)
            os.close(self._lifeline[1])
            os.close(self._news[0])
            status = self._work(Tie(self._lifeline[0], self._news[1]))
        except Exception:
            log.exception("A worker failed.")
        finally:
            os._exit(status)

    def _until_due(self) -> float | None:
        """Seconds until a missing worker may be started; None while none is missing, or none ever
        came up: what kept one from it keeps the next from it too."""
        if len(self._alive) == self._count or not self._up:
            return None
        return max(0.0, self._not_before - monotonic())

    def _listen(self, seconds: float | None) -> None:
        """Wait for news, and take note of them."""
        if not select.select([self._news[0]], [], [], seconds)[0]:
            return
        for byte in os.read(self._news[0], 512):
            if byte == UP[0]:
                self._up = True
            elif byte == signal.SIGCHLD:
                self._bury()
            else:
                self._impatient |= self._stopping and byte == signal.SIGINT
                self._stopping = True

    def _bury(self) -> None:
        for pid in tuple(self._alive):
            gone, status = os.waitpid(pid, os.WNOHANG)
            if gone:
                self._died(pid, os.waitstatus_to_exitcode(status))

    def _died(self, pid: int, status: int) -> None:
        lived = monotonic() - self._alive.pop(pid)
        if lived >= BRIEF:
            self._pause = PAUSE
        self._not_before = monotonic() + self._pause
        if not self._stopping:
            how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
            log.warning("Worker %d ended %s.", pid, how)

    def _end(self) -> None:
        """Returns when no worker is left."""
        self._stopping = True
        for sig in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._alive:
                os.kill(pid, sig)
            deadline = monotonic() + self._patience
            while self._alive and (left := deadline - monotonic()) > 0 and not self._impatient:
                self._listen(left)
            self._impatient = False
        for end in (*self._lifeline, *self._news):
            os.close(end)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Each becomes a byte among the news."""
        os.set_blocking(self._news[1], False)
        heard = (*self._stops, signal.SIGCHLD)
        before = [signal.signal(each, lambda *_: None) for each in heard]
        woken = signal.set_wakeup_fd(self._news[1], warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken)
            for each, handler in zip(heard, before, strict=True):
                signal.signal(each, handler)
