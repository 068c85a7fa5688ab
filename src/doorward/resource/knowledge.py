"""What an API knows of the ends of grants: pure, without a clock or a network."""

from collections.abc import Mapping
from typing import Any

from ..settings import CLOCK_DISAGREEMENT
from .access_token import LONGEST_LIFE, AccessToken

RETAIN = LONGEST_LIFE + 2 * CLOCK_DISAGREEMENT
"""Seconds for which the end of a grant is remembered: longer than any token of it is believed."""

MOST = 100_000
"""Ends, and confirmed grants, that are remembered."""

ENDED = -1
"""In place of a state: no token of the grant is good."""

NEVER, UNKNOWN = float("-inf"), float("inf")


class Knowledge:
    """`since` is a time of the server: what ended before it is not known, so a token from before
    it has to be confirmed by the server, once.  `fresh_at` is the tick up to which everything is
    known.

    A grant that was confirmed stays so until its end is told: its confirmation is later than
    `since`, and all ends after `since` are told.
    """

    def __init__(self) -> None:
        self.since: float = UNKNOWN
        self.fresh_at = NEVER
        self.cursor = ""
        self._ended: dict[str, tuple[int, float]] = {}
        self._confirmed: dict[tuple[str, int], None] = {}
        self._latest = 0

    def learn(self, message: Mapping[str, Any], asked_at: float, now: int) -> None:
        """Take in a message of the server, to a request of the tick `asked_at`.  Raises
        `KeyError`, `TypeError` or `ValueError` for one that is none."""
        self.watch_clock(now)
        if "reset" in message:
            # that of an earlier question may come later
            reset = int(message["reset"])
            self._begin(reset if self.since == UNKNOWN else max(self.since, reset))
        for change in message.get("changes", ()):
            self._note(str(change["sid"]), change, asked_at, now)
        if "cursor" in message:
            # as of the moment when the server asked its database; never of that of arrival
            self.cursor = str(message["cursor"])
            self.fresh_at = max(self.fresh_at, asked_at + float(message["elapsed"]))
            self._age()

    def is_fresh(self, tick: float, most: float) -> bool:
        """Whether everything up to `most` seconds ago is known."""
        return tick - self.fresh_at <= most

    def ended(self, token: AccessToken) -> bool:
        """Whether the grant is known to have ended, or changed after the token was issued."""
        known = self._ended.get(token.caller.sid)
        return known is not None and (known[0] == ENDED or token.ver < known[0])

    def must_confirm(self, token: AccessToken) -> bool:
        """Whether an end of this grant may have been missed."""
        # `since` and `issued_at` may be by the clocks of two nodes of the server
        if token.issued_at > self.since + CLOCK_DISAGREEMENT:
            return False
        return (token.caller.sid, token.ver) not in self._confirmed

    def confirm(self, token: AccessToken, since: float) -> None:
        """The server said that it is good, to a request made when `since` was as given: the answer
        to an earlier one may be older than what was forgotten meanwhile."""
        if since == self.since:
            if len(self._confirmed) >= MOST:
                del self._confirmed[next(iter(self._confirmed))]
            self._confirmed[token.caller.sid, token.ver] = None

    def watch_clock(self, now: int) -> None:
        """A clock that fell back makes tokens live again whose ends may be forgotten."""
        if now < self._latest - CLOCK_DISAGREEMENT:
            self._begin(max(self._latest, self.since))
            self._latest = now
        self._latest = max(self._latest, now)

    def _begin(self, since: float) -> None:
        self.since = since
        self._confirmed.clear()

    def _note(self, sid: str, change: Mapping[str, Any], tick: float, now: int) -> None:
        ver = ENDED if change["ended"] else int(change["ver"])
        known = self._ended.pop(sid, None)
        if known is not None and (known[0] == ENDED or ENDED < ver < known[0]):
            ver = known[0]
        self._ended[sid] = (ver, tick)
        if len(self._ended) > MOST:
            del self._ended[next(iter(self._ended))]
            self._begin(max(self.since, now))

    def _age(self) -> None:
        # they lie in the order in which they were told
        while self._ended:
            sid = next(iter(self._ended))
            if self._ended[sid][1] >= self.fresh_at - RETAIN:
                return
            del self._ended[sid]
