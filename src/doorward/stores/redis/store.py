"""RedisStore: scripts on the server, reads in batches."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...settings import DAY
from ...types import Roles, Session, SigningKey
from .. import Changes, Counter, Cursor, Decision, Most, Page, Ticket, refusals
from ..rows import given_names
from ..whose import whose
from . import scripts
from .address import connector
from .announcements import Announcements
from .checks import Checks
from .pool import Pool, Word
from .reads import Reads
from .replicas import Replicas
from .rows import key_text, session, session_text, signing_key

MAX_WRITES = 16
"""Connections for everything but point reads; more only make the server switch between them."""

MARGIN = DAY
"""Seconds that what has expired is still kept for, by the server's own clock."""

LONGEST = 2**31
"""Seconds; a longer life than this is for ever."""

SEAL = "doorward:sealed"
"""While this key exists, every script that writes refuses to (lua/sealed.lua)."""

TICKET, LIMIT = "doorward:ticket:", "doorward:limit:"
"""How the names of what is in the two indexes begin."""

BEGINNING: Cursor = ("", 0)


class RedisStore:
    """All four protocols in a Redis or Valkey server, for any number of processes and machines.

    Every key begins with `doorward:`.  Nothing is connected before the first call; that raises
    `ConfigurationError` when the server is not fit to keep sessions.  Belongs to the event loop
    that first uses it.  A write that was cancelled or unavailable may be done or not.

    Raises `ConfigurationError` for a URL that names no server.
    """

    local = False

    def __init__(self, url: str) -> None:
        connect, checks = connector(url), Checks()
        self._writing = Pool(connect, checks, MAX_WRITES)
        self._reading = Pool(connect, checks, 1)
        self._reads = Reads(self._reading)
        self._announcements = Announcements(connect, checks)
        self._replicas = Replicas()

    # --- sessions -------------------------------------------------------------------------------

    async def mark(self) -> int:
        return (await self._reads.state()).position

    async def insert(self, session: Session, mark: int, at: int, most: Most | None = None) -> None:
        limit: tuple[Word, Word] = ("", 0)
        if most is not None:
            limit = (most.sessions, int(most.end_oldest))
        words = (session_text(session), mark, at, _lasts(session.expires_at, at), *limit)
        outcome = (await self._run(scripts.INSERT, *words)).decode()
        if outcome == "exists":
            raise ValueError("a session with this sid exists already")
        refusals.check(outcome)

    async def get(self, sid: str) -> Session | None:
        try:
            found = self._reads.row(sid)
        except UnicodeEncodeError:
            return None
        text = await found
        return None if text is None else session(text)

    async def replace(self, old: Session, new: Session) -> bool:
        at = max(new.seen_at, new.authenticated_at)
        lasts = _lasts(new.expires_at, at)
        words = (old.sid, old.version, session_text(new), lasts, at)
        return bool(await self._run(scripts.REPLACE, *words))

    async def change(
        self,
        *,
        sid: str | None = None,
        subject: str | None = None,
        keep: str | None = None,
        decision: Decision,
        at: int,
    ) -> list[str]:
        roles, scopes = _given(decision.roles), _given(decision.scopes)
        words = (*whose(sid, subject), keep or "", at, int(decision.revoke), roles, scopes)
        changed = await self._decide(scripts.CHANGE, *words)
        return [name.decode() for name in changed]

    async def sessions(
        self,
        subject: str | None,
        at: int,
        after: Page | None = None,
        limit: int = 50,
        grants: bool | None = None,
    ) -> list[Session]:
        index = ("all", "") if subject is None else ("subject", subject)
        words = (*index, at, *(after or ("", "")), limit, "" if grants is None else int(grants))
        while (found := await self._run(scripts.LIST, *words)) is None:
            pass  # in steps: for a clock that is behind, many may have to come back into the list
        return [session(text) for text in found]

    # --- the order of changes -------------------------------------------------------------------

    async def changes(self, cursor: Cursor | None) -> Changes:
        if cursor is None:
            return (await self._reads.changes(BEGINNING))._replace(known=True)
        return await self._reads.changes(cursor)

    def unchanged(self, cursor: Cursor | None) -> bool:
        return False  # the network has to be asked

    async def wait(self, seconds: float) -> None:
        await self._announcements.wait(seconds)

    # --- signing keys ---------------------------------------------------------------------------

    async def keys(self) -> Sequence[SigningKey]:
        found = [signing_key(text) for text in await self._run(scripts.KEYS)]
        return sorted(found, key=lambda key: key.created_at)

    async def put_key(self, key: SigningKey) -> None:
        await self._decide(scripts.PUT_KEYS, "", *_put(key))

    async def put_first_keys(self, first: Sequence[SigningKey]) -> bool:
        words = [word for key in first for word in _put(key)]
        return bool(await self._decide(scripts.PUT_KEYS, "first", *words))

    # --- one-time tickets -----------------------------------------------------------------------

    async def put(self, kind: str, digest: bytes, payload: str, expires_at: int) -> None:
        await self._run(scripts.PUT, _ticket(kind, digest), payload, expires_at, MARGIN)

    async def look(self, kind: str, digest: bytes, at: int) -> str | None:
        found = await self._run(scripts.LOOK, _ticket(kind, digest), at)
        return None if found is None else str(found.decode())

    async def take(self, kind: str, digest: bytes, at: int) -> tuple[str, bool] | None:
        taken = await self._run(scripts.TAKE, _ticket(kind, digest), at)
        return None if taken is None else (taken[0].decode(), bool(taken[1]))

    # --- counters -------------------------------------------------------------------------------

    async def hit(self, key: str, window: int, most: int, at: int) -> int:
        lasts = min(window + MARGIN, LONGEST)
        return int(await self._run(scripts.HIT, f"{LIMIT}{key}", window, most, at, lasts))

    async def forgive(self, key: str, window: int, at: int) -> None:
        await self._run(scripts.FORGIVE, f"{LIMIT}{key}", at + window)

    # --- moving elsewhere -----------------------------------------------------------------------

    async def tickets(self, at: int) -> Sequence[Ticket]:
        fields = ("payload", "expires_at", "used_at")
        found = await self._run(scripts.NAMED, "doorward:tickets", at, *fields)
        return [
            Ticket(*_of_ticket(name), payload.decode(), int(expires_at))
            for name, payload, expires_at, used_at in found
            if payload is not None and used_at is None
        ]

    async def counters(self, at: int) -> Sequence[Counter]:
        found = await self._run(scripts.NAMED, "doorward:limits", at, "ends_at", "hits")
        return [
            Counter(name.decode().removeprefix(LIMIT), int(ends_at), int(hits))
            for name, ends_at, hits in found
            if int(hits or 0) > 0
        ]

    async def seal(self, why: str) -> None:
        async with self._writing.line() as line:
            await line.ask("SET", SEAL, why)

    async def unseal(self) -> None:
        async with self._writing.line() as line:
            await line.ask("DEL", SEAL)

    # --- the end --------------------------------------------------------------------------------

    async def purge(self, before: int, limit: int = 500) -> int:
        while await self._run(scripts.PURGE_CHANGES, before, limit):
            pass
        while await self._run(scripts.PURGE_MARKS, before, limit) == limit:
            pass
        for index in ("doorward:tickets", "doorward:limits"):
            while await self._run(scripts.PURGE_NAMED, index, before, limit) == limit:
                pass
        return int(await self._run(scripts.PURGE_SESSIONS, before, limit))

    async def watch(self) -> Mapping[str, float]:
        """`replicas` that follow the server now, and `unreplicated_decisions` of this process: how
        many no replica acknowledged in time."""
        return {
            "replicas": (await self._reads.state()).replicas,
            "unreplicated_decisions": self._replicas.unreplicated,
        }

    async def check_room(self) -> None:
        """Raises `StoreUnavailable` when the server has no memory left for a new session."""
        await self._run(scripts.ROOM)

    async def close(self) -> None:
        await self._announcements.close()
        await self._reading.close()
        await self._writing.close()

    async def _run(self, script: scripts.Script, *words: Word) -> Any:
        async with self._writing.line() as line:
            return await line.run(script, *words)

    async def _decide(self, script: scripts.Script, *words: Word) -> Any:
        """The result of a decision, once a replica has it as well, if there is a replica."""
        async with self._writing.line() as line:
            replicas, answer = await line.run(script, *words)
            await self._replicas.confirm(line, replicas)
        return answer


def _lasts(expires_at: int, at: int) -> int:
    """Seconds the server keeps a row for, whatever anybody purges."""
    return min(max(expires_at - at, 0) + MARGIN, LONGEST)


def _given(words: Roles | None) -> str:
    return given_names(words) or ""


def _put(key: SigningKey) -> tuple[Word, ...]:
    return key.kid, key_text(key), int(key.withdrawn_at is not None), key.told_at


def _ticket(kind: str, digest: bytes) -> str:
    return f"{TICKET}{kind}:{digest.hex()}"


def _of_ticket(name: bytes) -> tuple[str, bytes]:
    """The kind and the digest that a name was made of."""
    kind, _, digest = name.decode().removeprefix(TICKET).rpartition(":")
    return kind, bytes.fromhex(digest)
