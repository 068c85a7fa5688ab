"""A store in this process's memory: for tests, demonstrations and single-process applications."""

from asyncio import AbstractEventLoop, Event, get_running_loop, timeout
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from heapq import nlargest
from itertools import islice
from operator import attrgetter
from threading import Lock
from typing import NamedTuple

from ..types import Change, Session, SigningKey
from . import Changes, Cursor, Decision, Most, Page
from .refusals import refusal
from .rows import died_at, is_counted
from .whose import whose


class _Entry(NamedTuple):
    position: int
    at: int
    change: Change


class _Ticket(NamedTuple):
    payload: str
    expires_at: int
    used: bool = False


class _Window(NamedTuple):
    ends_at: int
    hits: int = 0


def _live(rows: Iterable[Session], at: int) -> list[Session]:
    return [row for row in rows if row.revoked_at is None and row.ends_at > at]


class MemoryStore:
    """Everything in dictionaries.  Nothing outlives the process.

    One lock makes each method a step, also for synchronous callers in many threads.  Nothing here
    belongs to an event loop for longer than one call of `wait`.
    """

    local = True

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[str, Session] = {}
        # sets of sids that keep the order in which these were added
        self._by_subject: dict[str, dict[str, None]] = {}
        self._by_parent: dict[str, dict[str, None]] = {}
        self._marks: dict[str, tuple[int, int]] = {}
        self._log: list[_Entry] = []
        self._forgotten = 0
        self._unchanged = Changes((), (0,))
        self._keys: dict[str, SigningKey] = {}
        self._tickets: dict[tuple[str, bytes], _Ticket] = {}
        self._windows: dict[str, _Window] = {}
        self._waiting: set[tuple[AbstractEventLoop, Event]] = set()

    # --- sessions -------------------------------------------------------------------------------

    async def mark(self) -> int:
        return self._position

    async def insert(self, session: Session, mark: int, at: int, most: Most | None = None) -> None:
        with self._lock:
            if session.sid in self._rows:
                raise ValueError("a session with this sid exists already")
            position, _ = self._marks.get(session.subject, (0, 0))
            if mark < max(position, self._forgotten):
                raise refusal("superseded")
            spared = self._ancestors(session, at)
            if most is not None:
                self._make_room(session, spared, at, most)
            self._add(replace(session, attributes=dict(session.attributes)))

    async def get(self, sid: str) -> Session | None:
        return self._rows.get(sid)

    async def replace(self, old: Session, new: Session) -> bool:
        with self._lock:
            row = self._rows.get(old.sid)
            if row is None or row.version != old.version or row.revoked_at is not None:
                return False
            self._rows[row.sid] = replace(
                new,
                sid=row.sid,
                subject=row.subject,
                client_id=row.client_id,
                audience=row.audience,
                parent_sid=row.parent_sid,
                created_at=row.created_at,
                roles=row.roles,
                scopes=row.scopes,
                revoked_at=None,
                version=row.version + 1,
                ver=max(row.ver, new.ver),
                attributes=dict(new.attributes),
            )
            if new.ver > row.ver:
                told_at = max(new.seen_at, new.authenticated_at)
                self._record(told_at, [Change("session", row.sid, new.ver)])
            return True

    async def change(
        self,
        *,
        sid: str | None = None,
        subject: str | None = None,
        keep: str | None = None,
        decision: Decision,
        at: int,
    ) -> list[str]:
        kind, name = whose(sid, subject)
        with self._lock:
            if kind == "sid":
                met = self._pick((name,))
            else:
                met = [row for row in self._of(name) if row.sid != keep]
            if decision.revoke:
                met = [*met, *self._children(met, subject, keep)]
            else:
                met = [row for row in met if not row.audience]
            if met or subject is not None:
                self._decide(met, decision, at)
            if subject is not None:
                self._marks[subject] = (self._position, at)
            return [row.sid for row in met]

    async def sessions(
        self,
        subject: str | None,
        at: int,
        after: Page | None = None,
        limit: int = 50,
        grants: bool | None = None,
    ) -> list[Session]:
        with self._lock:
            rows: Iterable[Session] = self._rows.values() if subject is None else self._of(subject)
            if grants is not None:
                rows = (row for row in rows if bool(row.audience) is grants)
            places = map(attrgetter("seen_at", "sid"), _live(rows, at))
            wanted = places if after is None else filter(after.__gt__, places)
            return [self._rows[sid] for _, sid in nlargest(limit, wanted)]

    # --- the order of changes -------------------------------------------------------------------

    async def changes(self, cursor: Cursor | None) -> Changes:
        unchanged = self._unchanged
        if cursor == unchanged.cursor:
            return unchanged
        with self._lock:
            since = -1 if cursor is None else int(cursor[0])
            known = self._forgotten <= since <= self._position
            start = bisect_right(self._log, since, key=attrgetter("position")) if known else 0
            entries = [entry.change for entry in self._log[start:]]
            return Changes(entries, self._unchanged.cursor, known or cursor is None)

    def unchanged(self, cursor: Cursor | None) -> bool:
        return cursor is self._unchanged.cursor

    async def wait(self, seconds: float) -> None:
        # without the lock: an abandoned `wait` may be collected while this thread holds it
        waiter = (get_running_loop(), Event())
        self._waiting.add(waiter)
        try:
            with suppress(TimeoutError):
                async with timeout(seconds):
                    await waiter[1].wait()
        finally:
            self._waiting.discard(waiter)

    # --- signing keys ---------------------------------------------------------------------------

    async def keys(self) -> Sequence[SigningKey]:
        with self._lock:
            return sorted(self._keys.values(), key=lambda key: key.created_at)

    async def put_key(self, key: SigningKey) -> None:
        with self._lock:
            stored = self._keys.get(key.kid)
            if stored is None or stored.withdrawn_at is None:
                self._put_key(key)

    async def put_first_keys(self, first: Sequence[SigningKey]) -> bool:
        with self._lock:
            if self._keys:
                return False
            for key in first:
                self._put_key(key)
            return True

    # --- one-time tickets -----------------------------------------------------------------------

    async def put(self, kind: str, digest: bytes, payload: str, expires_at: int) -> None:
        with self._lock:
            self._tickets[kind, digest] = _Ticket(payload, expires_at)

    async def look(self, kind: str, digest: bytes, at: int) -> str | None:
        ticket = self._tickets.get((kind, digest), _Ticket("", at))
        return None if ticket.used or ticket.expires_at <= at else ticket.payload

    async def take(self, kind: str, digest: bytes, at: int) -> tuple[str, bool] | None:
        with self._lock:
            ticket = self._tickets.get((kind, digest))
            if ticket is None or ticket.expires_at <= at:
                return None
            self._tickets[kind, digest] = ticket._replace(used=True)
            return ticket.payload, not ticket.used

    # --- counters -------------------------------------------------------------------------------

    async def hit(self, key: str, window: int, most: int, at: int) -> int:
        with self._lock:
            ends_at, hits = self._windows.get(key, _Window(0))
            if ends_at <= at:
                ends_at, hits = at + window, 0
            until = min(ends_at, at + window)
            if hits < most or until < ends_at:
                self._windows[key] = _Window(until, hits + (hits < most))
            return 0 if hits < most else until - at

    async def forgive(self, key: str, window: int, at: int) -> None:
        with self._lock:
            ends_at, hits = self._windows.get(key, _Window(0))
            if hits > 1 and ends_at <= at + window:
                self._windows[key] = _Window(ends_at, hits - 1)
            elif ends_at <= at + window:
                self._windows.pop(key, None)

    # --- the end --------------------------------------------------------------------------------

    async def purge(self, before: int, limit: int = 500) -> int:
        with self._lock:
            self._forget_changes(before)
            for subject, (position, at) in tuple(self._marks.items()):
                if at < before:
                    # a login older than this mark can no longer be told from a superseded one
                    self._forgotten = max(self._forgotten, position)
                    del self._marks[subject]
            tickets, windows = self._tickets.items(), self._windows.items()
            self._tickets = {key: kept for key, kept in tickets if kept.expires_at >= before}
            self._windows = {key: kept for key, kept in windows if kept.ends_at >= before}
            dead = (row for row in self._rows.values() if died_at(row) < before)
            gone = tuple(islice(dead, limit))
            for row in gone:
                self._remove(row)
            return len(gone)

    async def close(self) -> None:
        """Nothing to let go of: what was kept stays readable until the store itself is gone."""

    # --- under the lock -------------------------------------------------------------------------

    @property
    def _position(self) -> int:
        return int(self._unchanged.cursor[0])

    def _pick(self, sids: Iterable[str]) -> Sequence[Session]:
        """The rows of these sids that are not revoked."""
        rows = (self._rows.get(sid) for sid in sids)
        return [row for row in rows if row is not None and row.revoked_at is None]

    def _of(self, subject: str) -> Sequence[Session]:
        return self._pick(self._by_subject.get(subject, ()))

    def _children(
        self, parents: Iterable[Session], subject: str | None, keep: str | None
    ) -> Sequence[Session]:
        """The children of `parents` that are neither among them nor the one to keep."""
        ours = {row.sid for row in parents}
        below = {sid for parent in ours for sid in self._by_parent.get(parent, ())}
        return [
            row
            for row in self._pick(below - ours)
            if not (row.sid == keep and row.subject == subject)
        ]

    def _ancestors(self, session: Session, at: int) -> set[str | None]:
        """The sids that must live on for `session` to be allowed."""
        if session.parent_sid is None:
            return set()
        parents = _live(self._pick((session.parent_sid,)), at)
        if not parents:
            raise refusal("orphaned")
        return {parents[0].sid, parents[0].parent_sid}

    def _make_room(self, session: Session, spared: set[str | None], at: int, most: Most) -> None:
        counted = [row for row in self._of(session.subject) if is_counted(row, session)]
        # sorting keeps the order of those that began in the same second
        oldest_first = sorted(_live(counted, at), key=attrgetter("created_at"))
        live = {row.sid: row for row in oldest_first}
        ended: dict[str, Session] = {}
        if most.end_oldest:
            for row in live.values():
                if len(live.keys() - ended.keys()) < most.sessions:
                    break
                if row.sid not in spared and row.sid not in ended:
                    ended |= {met.sid: met for met in (row, *self._children([row], None, None))}
        if len(live.keys() - ended.keys()) >= most.sessions:
            raise refusal("full")
        if ended:
            self._decide(ended.values(), Decision(revoke=True), at)

    def _decide(self, met: Iterable[Session], decision: Decision, at: int) -> None:
        told = []
        for row in met:
            changed = replace(
                row,
                version=row.version + 1,
                ver=row.ver + 1,
                revoked_at=at if decision.revoke else None,
                roles=row.roles if decision.roles is None else decision.roles,
                scopes=row.scopes if decision.scopes is None else decision.scopes,
            )
            self._rows[row.sid] = changed
            told.append(Change("session", row.sid, changed.ver, decision.revoke))
        self._record(at, told)

    def _put_key(self, key: SigningKey) -> None:
        self._keys[key.kid] = key
        self._record(key.told_at, [Change("key", key.kid, revoked=key.withdrawn_at is not None)])

    def _record(self, at: int, told: Iterable[Change]) -> None:
        """Take the next position and announce it; a decision that met no row takes one too."""
        position = self._position + 1
        self._log += (_Entry(position, at, change) for change in told)
        self._unchanged = Changes((), (position,))
        for waiter in tuple(self._waiting):
            loop, event = waiter
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:  # the loop was closed under its waiter
                self._waiting.discard(waiter)

    def _forget_changes(self, before: int) -> None:
        old = [entry for entry in self._log if entry.at < before]
        self._forgotten = max([self._forgotten, *(entry.position for entry in old)])
        self._log = [entry for entry in self._log if entry.at >= before]

    def _add(self, row: Session) -> None:
        self._rows[row.sid] = row
        self._by_subject.setdefault(row.subject, {})[row.sid] = None
        if row.parent_sid is not None:
            self._by_parent.setdefault(row.parent_sid, {})[row.sid] = None

    def _remove(self, row: Session) -> None:
        del self._rows[row.sid]
        places = [(self._by_subject, row.subject), (self._by_parent, row.parent_sid or "")]
        for index, key in places:
            siblings = index.get(key, {})
            siblings.pop(row.sid, None)
            if not siblings:
                index.pop(key, None)
