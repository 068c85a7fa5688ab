"""How this process keeps up with the store's order of changes, and how old its knowledge is."""

import time
from collections.abc import Callable

from .stores import Decision, Store
from .types import Clock
from .view import View

Ticks = Callable[[], float]
"""Seconds since some moment; they only grow, also while the machine sleeps."""

NEVER = float("-inf")


def boot_ticks() -> float:
    """Seconds since the machine started, its sleep included: after a pause nothing looks fresh."""
    return time.clock_gettime(_CLOCK)


_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", 0))


class ChangeFeed:
    """Reads what changed into a view, and knows how old the view is.

    A store on this machine (`local`) is asked on every check.  Across a network a follower calls
    `catch_up` again and again; a check asks by itself only when the view is older than it may be.
    `keys_changed` is called when signing keys are among the changes, or may be.
    """

    def __init__(
        self,
        store: Store,
        view: View,
        clock: Clock,
        max_staleness: int,
        keys_changed: Callable[[], None],
        ticks: Ticks,
    ) -> None:
        self._within = 0 if store.local else max_staleness
        self.asked_always = self._within == 0
        self._store = store
        self._view = view
        self._clock = clock
        self._keys_changed = keys_changed
        self._ticks = ticks
        self._fresh_at = NEVER
        self._decided_at = NEVER

    @property
    def age(self) -> float:
        """Seconds since the store was last read whole; 0 where it is asked on every check."""
        return 0.0 if self.asked_always else self._ticks() - self._fresh_at

    def lags(self, within: int | None = None) -> bool:
        """Whether the view is as old as it may be at most, `max_staleness` or `within` if less."""
        most = self._within if within is None or within > self._within else within
        return self._ticks() - self._fresh_at >= most

    def is_current(self, within: int | None = None) -> bool:
        """Whether the view knows all that it must, without waiting to learn more."""
        if self.asked_always:
            return self._store.unchanged(self._view.cursor)
        return not self.lags(within)

    async def ask(self) -> None:
        """Learn what was committed since the last time."""
        view = self._view
        news = await self._store.changes(view.cursor)
        if not news.known:
            await self._revoke_again()
            news = await self._store.changes(view.cursor)  # includes what was just revoked
        if news.cursor is not view.cursor:
            if news.keys_too:  # first, so that no other thread trusts the old keys
                self._keys_changed()
            view.learn(news, self._clock())

    async def _revoke_again(self) -> None:
        """The store forgot where we were, and may have gone back in time: a restore, or a failover
        that lost what was written last.  What we know to be revoked stays so."""
        for sid in self._view.revoked():
            await self._store.change(sid=sid, decision=Decision(revoke=True), at=self._clock())

    async def catch_up(self) -> None:
        """Like `ask`; the view is then as fresh as the moment *before* the store was asked, for
        what was committed while it answered may or may not be in the answer."""
        began = self._ticks()
        await self.ask()
        if began > self._decided_at:
            self._fresh_at = max(self._fresh_at, began)

    async def keep_up(self) -> None:
        """Catch up, where the view is as old as it may be."""
        if self.lags():
            await self.catch_up()

    def decided(self) -> None:
        """This process itself just changed something: its next check must know, so nothing read
        before counts as fresh any more."""
        self._decided_at, self._fresh_at = self._ticks(), NEVER
