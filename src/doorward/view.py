"""The knowledge of one process: sessions that changed lately, and credentials that it has checked.

The view never does I/O and never refuses anybody: a remembered credential may be accepted, and
whatever is not remembered is judged by `auth` from claims or from the row.
"""

from threading import Lock
from types import EllipsisType
from typing import NamedTuple

from .stores import Changes, Cursor
from .types import Change, Principal


class Remembered(NamedTuple):
    """A credential that was good: for whom, and until when nothing needs to be looked at."""

    principal: Principal
    until: int


class View:
    """Recent changes and recent credentials, both bounded.

    `limit` bounds the credentials; `retain` is how many seconds a change is kept after this
    process learned it, which must exceed the life of any credential issued before the change.
    """

    def __init__(self, limit: int, retain: int) -> None:
        self.cursor: Cursor | None = None
        self._limit = limit
        self._retain = retain
        self._credentials: dict[str, Remembered] = {}
        self._by_sid: dict[str, set[str]] = {}
        self._changes: dict[str, tuple[Change, int]] = {}
        self._latest = 0
        self._lock = Lock()

    def recall(self, credential: str, now: int) -> Principal | None:
        """Who is remembered by a credential, by its raw string: one dictionary look-up.  None where
        nobody is, or something needs to be looked at by `now`."""
        found = self._credentials.get(credential)
        return None if found is None or now >= found.until else found.principal

    def remember(
        self,
        credential: str,
        principal: Principal,
        ver: int,
        until: int,
        told: Cursor | EllipsisType | None = ...,
    ) -> None:
        """Keep a good credential, unless a newer change of its session arrived meanwhile: the row
        or token by which it was checked may be older than that change.  With `told`, a cursor, it
        is not kept either if anything was learned since then: its signing key may be withdrawn."""
        with self._lock:
            if self._is_outdated(principal.sid, ver) or (
                told is not ... and told is not self.cursor
            ):
                return
            self._drop(credential)
            while len(self._credentials) >= self._limit:
                self._drop(next(iter(self._credentials)))
            self._credentials[credential] = Remembered(principal, until)
            self._by_sid.setdefault(principal.sid, set()).add(credential)

    def outdates(self, sid: str, ver: int) -> bool:
        """Whether the session changed after a client was told `ver`: then only the row decides."""
        with self._lock:
            return self._is_outdated(sid, ver)

    def ended(self, sid: str) -> bool:
        """Whether the session is known to be revoked, whatever its row says: the store may have
        gone back in time.  No sid is ever given twice."""
        with self._lock:
            known = self._changes.get(sid)
        return known is not None and known[0].revoked

    def revoked(self) -> list[str]:
        """The sids of sessions that are known to be revoked."""
        with self._lock:
            return [sid for sid, (change, _) in self._changes.items() if change.revoked]

    def turned_back(self, now: int) -> bool:
        """Whether the clock fell so far back that tokens live again whose revocation was already
        forgotten.  Then the cursor is given up, and all that the store keeps is to be learned."""
        with self._lock:
            if now >= self._latest - self._retain // 2:
                self._latest = max(now, self._latest)
                return False
            self._latest, self.cursor = now, None
            return True

    def learn(self, news: Changes, now: int) -> None:
        """Take in what the store says changed."""
        with self._lock:
            if not news.known:
                self._changes.clear()
            for change in news.entries:
                if change.kind != "key":
                    self._note(change, now)
            if news.keys_too:
                self._forget_credentials()
            self._age(now)
            self.cursor = news.cursor  # last: a thread that sees it finds the rest done

    def _is_outdated(self, sid: str, ver: int) -> bool:
        known = self._changes.get(sid)
        return known is not None and (known[0].revoked or ver < known[0].ver)

    def _note(self, change: Change, now: int) -> None:
        known = self._changes.pop(change.id, None)
        if known is not None and (known[0].revoked or known[0].ver > change.ver):
            change = known[0]
        self._changes[change.id] = (change, now)
        for credential in tuple(self._by_sid.get(change.id, ())):
            self._drop(credential)

    def _age(self, now: int) -> None:
        # entries lie in the order they were learned, so the old ones are in front
        old = now - self._retain
        while self._changes:
            sid = next(iter(self._changes))
            if self._changes[sid][1] >= old:
                return
            del self._changes[sid]

    def _drop(self, credential: str) -> None:
        gone = self._credentials.pop(credential, None)
        if gone is None:
            return
        siblings = self._by_sid[gone.principal.sid]
        siblings.discard(credential)
        if not siblings:
            del self._by_sid[gone.principal.sid]

    def _forget_credentials(self) -> None:
        self._credentials.clear()
        self._by_sid.clear()
