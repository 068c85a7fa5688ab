"""PostgresStore: checks through the reader, everything else through the pool."""

from collections.abc import Mapping, Sequence

from ...types import Session, SigningKey
from .. import Changes, Counter, Cursor, Decision, Most, Page, Ticket, rows
from ..whose import whose
from . import keys, limits, purge, read_only, sessions, tickets
from .connector import ANSWER_WITHIN, Connector
from .listener import Listener
from .pool import Pool
from .reader import Reader
from .snapshot import MARK, Mark, clamped
from .text import escaped, plain, session

END = Page(2**63 - 1, "")

# The bound on seen_at lets the index skip expired rows that are not purged yet.  No live row is
# older: it would have rested for longer than any session may.
_LIVE = """
    WHERE revoked_at IS NULL AND ends_at > $1 AND (seen_at, sid) < ($2, $3) AND seen_at > $1 - (
        SELECT max(ends_at - seen_at) FROM doorward_sessions WHERE revoked_at IS NULL
    ) AND coalesce((audience <> '') = $5, true)
"""
_LATEST = "ORDER BY seen_at DESC, sid DESC LIMIT $4"
LIST_OF_ALL = f"{rows.SELECT} {_LIVE} {_LATEST}"
LIST_OF_SUBJECT = f"{rows.SELECT} {_LIVE} AND subject = $6 {_LATEST}"

HORIZON = """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - since)), 0)::float8
    FROM (
        SELECT xact_start AS since FROM pg_stat_activity WHERE backend_xid IS NOT NULL
        UNION ALL SELECT prepared FROM pg_prepared_xacts
    ) AS open
"""


class PostgresStore:
    """All four protocols in one PostgreSQL database (15 or later), for any number of nodes.

    The database may be an application's own: every table is named `doorward_...`.  Nothing is
    opened before the first call, which also makes or migrates the tables.  The connections belong
    to the event loop of that call.  Every call is answered within `answer_within` seconds or raises
    `StoreUnavailable`; a write that did may be done or not, as may one that was cancelled.

    Until the database was reached once, calls raise `ConfigurationError` for a URL, a role or
    tables that cannot work.
    """

    local = False

    def __init__(self, url: str, *, answer_within: float = ANSWER_WITHIN) -> None:
        self._connector = Connector(url, answer_within)
        self._pool = Pool(self._connector)
        self._reader = Reader(self._connector)
        self._listener = Listener(self._connector)

    async def migrate(self) -> None:
        """Make or migrate the tables, however long it takes; nothing when they are current."""
        await self._connector.migrate()

    # --- sessions -------------------------------------------------------------------------------

    async def mark(self) -> int:
        ((place, snapshot, last),) = await self._pool.fetch(MARK)
        return Mark(place, clamped(snapshot, int(last)))

    async def insert(self, session: Session, mark: int, at: int, most: Most | None = None) -> None:
        await sessions.insert(self._pool, session, mark, at, most)

    async def get(self, sid: str) -> Session | None:
        try:
            name = escaped(sid)
        except UnicodeEncodeError:
            return None
        row = await self._reader.row(name)
        return None if row is None else session(row)

    async def replace(self, old: Session, new: Session) -> bool:
        return await sessions.replace(self._pool, old, new)

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
        if kind == "sid":
            return await sessions.change_one(self._pool, name, decision, at)
        return await sessions.change_all(self._pool, name, keep, decision, at)

    async def sessions(
        self,
        subject: str | None,
        at: int,
        after: Page | None = None,
        limit: int = 50,
        grants: bool | None = None,
    ) -> list[Session]:
        seen_at, sid = after or END
        place = (at, seen_at, escaped(sid), limit, grants)
        if subject is None:
            found = await self._pool.fetch(LIST_OF_ALL, *place)
        else:
            found = await self._pool.fetch(LIST_OF_SUBJECT, *place, escaped(subject))
        return [session(row) for row in found]

    # --- the order of changes -------------------------------------------------------------------

    async def changes(self, cursor: Cursor | None) -> Changes:
        return await self._reader.changes(cursor)

    def unchanged(self, cursor: Cursor | None) -> bool:
        return False  # the network has to be asked

    async def wait(self, seconds: float) -> None:
        await self._listener.wait(seconds)

    async def watch(self) -> Mapping[str, float]:
        """`horizon_seconds`: for how long the oldest transaction that writes has been open.  Those
        of other roles show only to members of `pg_monitor`."""
        ((horizon,),) = await self._pool.fetch(HORIZON)
        return {"horizon_seconds": horizon}

    # --- signing keys ---------------------------------------------------------------------------

    async def keys(self) -> Sequence[SigningKey]:
        return [keys.signing_key(row) for row in await self._pool.fetch(keys.ALL)]

    async def put_key(self, key: SigningKey) -> None:
        await keys.put_key(self._pool, key)

    async def put_first_keys(self, first: Sequence[SigningKey]) -> bool:
        return await keys.put_first_keys(self._connector, first)

    # --- one-time tickets -----------------------------------------------------------------------

    async def put(self, kind: str, digest: bytes, payload: str, expires_at: int) -> None:
        await self._pool.fetch(tickets.PUT, escaped(kind), digest, escaped(payload), expires_at)

    async def look(self, kind: str, digest: bytes, at: int) -> str | None:
        found = await self._pool.fetch(tickets.LOOK, escaped(kind), digest, at)
        return plain(found[0][0]) if found else None

    async def take(self, kind: str, digest: bytes, at: int) -> tuple[str, bool] | None:
        taken = await self._pool.fetch(tickets.TAKE, escaped(kind), digest, at)
        return (plain(taken[0][0]), taken[0][1]) if taken else None

    # --- counters -------------------------------------------------------------------------------

    async def hit(self, key: str, window: int, most: int, at: int) -> int:
        ((seconds,),) = await self._pool.fetch(limits.HIT, escaped(key), window, most, at)
        return int(seconds)

    async def forgive(self, key: str, window: int, at: int) -> None:
        this = escaped(key), at + window
        if not await self._pool.fetch(limits.FORGIVE_LAST, *this):
            await self._pool.fetch(limits.FORGIVE, *this)

    # --- moving elsewhere -----------------------------------------------------------------------

    async def tickets(self, at: int) -> Sequence[Ticket]:
        found = await self._pool.fetch(tickets.WAITING, at)
        return [
            Ticket(plain(kind), digest, plain(payload), expires_at)
            for kind, digest, payload, expires_at in found
        ]

    async def counters(self, at: int) -> Sequence[Counter]:
        found = await self._pool.fetch(limits.COUNTING, at)
        return [Counter(plain(key), ends_at, hits) for key, ends_at, hits in found]

    async def seal(self, why: str) -> None:
        await read_only.seal(self._connector, why)

    async def unseal(self) -> None:
        await read_only.unseal(self._connector)

    # --- the end --------------------------------------------------------------------------------

    async def purge(self, before: int, limit: int = 500) -> int:
        for step in purge.ALL_BUT_SESSIONS:
            while await self._purge(step, before, limit) == limit:
                pass
        return await self._purge(purge.SESSIONS, before, limit)

    async def _purge(self, step: str, before: int, limit: int) -> int:
        ((gone,),) = await self._pool.fetch(step, before, limit)
        return int(gone)

    async def close(self) -> None:
        self._connector.close()
        await self._listener.close()
        await self._reader.close()
        await self._pool.close()
