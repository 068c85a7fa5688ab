"""The protocols of a store, and how to open one by URL.

A store keeps sessions, signing keys, one-time tickets and counters.  It never judges: dead rows
are returned as they are.  Every method is atomic and raises `StoreUnavailable` when the
engine does not answer; a write that returned is durable as far as the engine's own disk goes.
Times are arguments: a store never reads a clock.  Text is what UTF-8 can carry, character zero
included.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from ..errors import ConfigurationError
from ..types import Change, Roles, Session, SigningKey

Cursor = tuple[str | int, ...]
"""A place in the store's order of changes; meaningful only to the store that gave it."""


class Changes(NamedTuple):
    """The changes that were committed after a cursor.  `known` is False when the store has
    forgotten the cursor: the caller does not know what it missed and begins anew with these
    entries, which are all that are kept."""

    entries: Sequence[Change]
    cursor: Cursor
    known: bool = True

    @property
    def keys_too(self) -> bool:
        """Whether signing keys are among what changed, or may be."""
        return not self.known or any(change.kind == "key" for change in self.entries)


class Page(NamedTuple):
    """The keyset place after a row of `sessions`: that row's activity and id."""

    seen_at: int
    sid: str


@dataclass(frozen=True, slots=True)
class Most:
    """How many live sessions one subject may have, and what a login beyond that does: end those
    that began first, in the order in which they were inserted within one second, or fail.

    A login counts the subject's logins and ends only those (with their children); a grant, which is
    a row with an `audience`, counts and ends the subject's grants of the same `client_id`."""

    sessions: int
    end_oldest: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What `change` does to each row: revoke it, or set its roles and scopes."""

    revoke: bool = False
    roles: Roles | None = None
    scopes: Roles | None = None


EVERY_ROW = 0
"""A time at which no row has expired by any clock; for lists."""


class Store(Protocol):
    """Sessions and the order of changes.  Nine methods; see `doorward.testing` for the suite that
    every implementation must pass.

    `local` tells whether `changes` costs microseconds, so that it is asked on every check; of a
    store that lies across a network, a follower reads the changes beside the requests.
    """

    local: bool

    async def mark(self) -> int:
        """The present position in the order of changes.  A login takes it before its caller reads
        the user, from the primary and not from a lagging replica."""

    async def insert(self, session: Session, mark: int, at: int, most: Most | None = None) -> None:
        """Add a new session.

        Raises `Rejected`: `superseded` when a subject-wide `change` of this subject was committed
        after `mark` (or `mark` is older than what `purge` left, so that nobody can tell) or when
        `parent_sid` names a session that is not live at `at`; `too_many_sessions` when `most`
        refuses, or when room could only be made by ending that parent.  The check, the count, the
        ending of the oldest (a change like any other, children included) and the insert are one
        step: what is refused changed nothing.  Raises `ValueError` for a sid that exists.  What is
        stored is a copy, `attributes` included: the caller may change its own afterwards.
        """

    async def get(self, sid: str) -> Session | None:
        """The row, dead or alive, or None: also for text that UTF-8 cannot carry."""

    async def replace(self, old: Session, new: Session) -> bool:
        """Write `new` if the stored version is `old.version` and the row is not revoked; its
        version becomes `old.version + 1` whatever `new` says.  Never written: roles, scopes and
        `revoked_at`, and who it is (`sid`, `subject`, `client_id`, `audience`, `parent_sid`,
        `created_at`).
        A `new.ver` above `old.ver` (a step-up, or the end of a session token in a change-over) is
        one change, in the same step.  False: somebody was faster, or the row is gone or revoked."""

    async def change(
        self,
        *,
        sid: str | None = None,
        subject: str | None = None,
        keep: str | None = None,
        decision: Decision,
        at: int,
    ) -> Sequence[str]:
        """Apply `decision` to one session (`sid`) or to all of a subject's (`subject`, but `keep`);
        to name both or neither raises `ValueError`.

        One atomic step over the rows that are not revoked, expired ones included: a node with a
        slower clock may still take them for live.  Raises `ver` and `version`, takes children
        (`parent_sid`, one level) along when revoking, records one change for each row, and, for a
        subject, sets its mark even when it has no session, so that logins already under way fail.
        Roles and scopes are given to logins only: unless it revokes, a decision leaves every row
        with an `audience` as it is, also the one that `sid` names.  A person consented to the
        scopes of a grant, and it never has roles.  To revoke takes grants like any other row.
        A `keep` must belong to `subject` to be spared.  Returns the sids that changed.
        """

    async def sessions(
        self,
        subject: str | None,
        at: int,
        after: Page | None = None,
        limit: int = 50,
        grants: bool | None = None,
    ) -> Sequence[Session]:
        """Rows live at `at`, of one subject or of all, latest activity first: keyset on
        (`seen_at`, `sid`), both descending.  As of `EVERY_ROW`, all that are not revoked.  `grants`
        tells whether to list rows with an `audience` (True), without one (False) or both (None)."""

    async def changes(self, cursor: Cursor | None) -> Changes:
        """Every change committed after `cursor`, each once, none skipped, in commit order; with
        None, every change that is still kept (so that a process that just started knows of
        access tokens revoked before).  An unknown cursor is answered like None, with `known`
        False.  Touch and rotation are not changes.  Cheap when nothing changed: it is asked on
        every check, and answers the very object that was given as `cursor` then."""

    def unchanged(self, cursor: Cursor | None) -> bool:
        """Whether nothing was committed after `cursor`, where that can be told without waiting;
        False where it cannot, and then `changes` tells."""

    async def purge(self, before: int, limit: int = 500) -> int:
        """Delete at most `limit` rows that died (ended or were revoked) before `before`, and what
        else is older (changes, marks, tickets, counters), in small steps rather than in one.
        Returns how many sessions went; call again while it is `limit`."""

    async def wait(self, seconds: float) -> None:
        """Return after `seconds`, or earlier when a change was announced."""

    async def close(self) -> None:
        """Let go of files and connections.  Idempotent."""


class Keys(Protocol):
    """Signing keys, beside the sessions they sign for."""

    async def keys(self) -> Sequence[SigningKey]:
        """All keys ever put, oldest first."""

    async def put_key(self, key: SigningKey) -> None:
        """Insert or overwrite by `kid`, as one change of kind `key`.  A key that is stored as
        withdrawn stays as it is, and nothing is changed: the caller read it before it was
        withdrawn."""

    async def put_first_keys(self, first: Sequence[SigningKey]) -> bool:
        """Insert all of these, each a change of kind `key`, if no key was ever put; one step, so
        that of many at once exactly one does.  False, and nothing written, where there is any."""


class Ticket(NamedTuple):
    """A stored ticket."""

    kind: str
    digest: bytes
    payload: str
    expires_at: int


class Counter(NamedTuple):
    """The count of a key, and when its window ends."""

    key: str
    ends_at: int
    hits: int


class Tickets(Protocol):
    """Secrets that work once: reset links, codes, challenges.  Only digests are stored."""

    async def put(self, kind: str, digest: bytes, payload: str, expires_at: int) -> None:
        """Keep `payload` under (`kind`, `digest`), unused, in place of what was there."""

    async def look(self, kind: str, digest: bytes, at: int) -> str | None:
        """The payload, which stays unused.  None when unknown, used, or expired at `at`."""

    async def take(self, kind: str, digest: bytes, at: int) -> tuple[str, bool] | None:
        """The payload and whether this is its first use; atomic, so that of many at once exactly
        one is first.  None when unknown or expired at `at`."""


class Limits(Protocol):
    """Counters shared by every process."""

    async def hit(self, key: str, window: int, most: int, at: int) -> int:
        """Count one against `key` in its window of `window` seconds.  Returns 0 if it was counted
        and is allowed; otherwise nothing was counted, and the result is the seconds until the
        window ends.  A window that ends later than `at + window` was opened by a clock ahead: it is
        cut to that and keeps its count.
        """

    async def forgive(self, key: str, window: int, at: int) -> None:
        """Take back what `hit` counted with these arguments, because it turned out well.  Does
        nothing once that window is over: it ends at `at + window` at the latest, and the count in a
        later window may be a wrong guess.  A key without a count leaves nothing behind: its next
        `hit` opens a window."""


class Backend(Store, Keys, Tickets, Limits, Protocol):
    """One engine, all four protocols."""


@runtime_checkable
class Movable(Protocol):
    """An engine whose content can be moved to another while processes serve from it.

    All raise `StoreUnavailable`, and may be called again."""

    async def tickets(self, at: int) -> Sequence[Ticket]:
        """The tickets that are neither used nor expired at `at`."""

    async def counters(self, at: int) -> Sequence[Counter]:
        """The counters whose window has not ended at `at`."""

    async def seal(self, why: str) -> None:
        """Close it against writing, by this and every other process, until `unseal`: once this
        returns, nothing is written any more, and a write raises `StoreUnavailable` with `why`, one
        line of text.  Reads go on."""

    async def unseal(self) -> None:
        """Let everybody write again."""


@runtime_checkable
class Watched(Protocol):
    """Figures of an engine across a network, for metrics and for `doctor`."""

    async def watch(self) -> Mapping[str, float]:
        """Figures by name, as they are now; which ones, its class says."""


POSTGRES = ("postgresql", "postgres")
"""How a URL of PostgreSQL may begin."""

DRIVERS = {"postgres": "asyncpg", "redis": "redis hiredis"}
"""The drivers that each extra installs, under their names for pip."""


def open_store(url: str) -> Backend:
    """The store a URL names: `memory:`, `sqlite:///relative.db`, `sqlite:////absolute.db`,
    `postgresql://USER@HOST/DATABASE`, `redis://HOST` or, with TLS, `rediss://HOST`.

    Raises `ConfigurationError` for a scheme it does not know, and when the database cannot be
    opened or written; across a network that shows at the first call.
    """
    check_url(url)
    scheme, _, rest = url.partition(":")
    if scheme == "memory":
        from .memory import MemoryStore

        return MemoryStore()
    if scheme in POSTGRES:
        return _open_postgres(url)
    if scheme in ("redis", "rediss"):
        return _open_redis(url)
    from .sqlite import SQLiteStore

    return SQLiteStore(rest[3:])


def _open_postgres(url: str) -> Backend:
    with driver("postgresql", "postgres"):
        from .postgres import PostgresStore
    return PostgresStore(url)


def _open_redis(url: str) -> Backend:
    with driver("redis", "redis"):
        from .redis import RedisStore
    return RedisStore(url)


@contextmanager
def driver(scheme: str, extra: str) -> Iterator[None]:
    """Around imports that need the driver of a database.  Raises `ConfigurationError` where it is
    not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{scheme}:// needs {error.name}, which is not installed: pip install {DRIVERS[extra]},"
            f" or in a checkout of Doorward pip install '.[server,{extra}]'"
        ) from error


def check_url(url: str) -> None:
    """Raises `ConfigurationError` for a URL that names no store, without opening anything.  Only
    its scheme is shown: the rest may hold a password."""
    if not isinstance(url, str):
        raise ConfigurationError(
            "a database is named by a string, such as sqlite:///app.db, not by"
            f" {'None' if url is None else 'a value of type ' + type(url).__name__}"
        )
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and (not rest.startswith("///") or len(rest) == 3):
        raise ConfigurationError(
            "a SQLite database is sqlite:///relative.db or, with a fourth slash, "
            "sqlite:////absolute.db"
        )
    if scheme in POSTGRES and not rest.startswith("//"):
        raise ConfigurationError("a PostgreSQL database is postgresql://USER@HOST/DATABASE")
    if scheme not in ("memory", "sqlite", *POSTGRES, "redis", "rediss"):
        raise ConfigurationError(
            f"{scheme!r} is not a store this can open: use memory:, sqlite:///PATH,"
            " postgresql://USER@HOST/DATABASE or redis://HOST"
        )
