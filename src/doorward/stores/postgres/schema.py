"""The tables, and how a database comes to have them.

Every name begins with `doorward_`, because the database may be an application's own.  The tables
are made in, and found by, the `search_path` that each connection is given (see `search_path`).
"""

from typing import Any

from ...errors import ConfigurationError
from .functions import FUNCTIONS

SCHEMA = 1
"""The version of these tables; a database made by a later Doorward is refused."""

ONE_AT_A_TIME = 0x646F6F7277617264
"""The advisory lock for making or migrating the tables."""

TABLES = (
    # one row; of changes and of marks, the last transaction that purged any (`by`), and the highest
    # transaction of which any were ever purged (`up_to`)
    """
    CREATE TABLE doorward_meta (
        schema integer NOT NULL,
        system bigint NOT NULL,
        changes_purged_by xid8 NOT NULL,
        changes_purged_up_to xid8 NOT NULL,
        marks_purged_by xid8 NOT NULL,
        marks_purged_up_to xid8 NOT NULL
    )
    """,
    """
    INSERT INTO doorward_meta
    SELECT 1, system_identifier, pg_current_xact_id(), '0', pg_current_xact_id(), '0'
    FROM pg_control_system()
    """,
    """
    CREATE TABLE doorward_sessions (
        sid text COLLATE "C" PRIMARY KEY,
        subject text COLLATE "C" NOT NULL,
        mode text NOT NULL,
        secret_hash bytea NOT NULL,
        created_at bigint NOT NULL,
        authenticated_at bigint NOT NULL,
        seen_at bigint NOT NULL,
        expires_at bigint NOT NULL,
        ends_at bigint NOT NULL,
        rotated_at bigint NOT NULL,
        version bigint NOT NULL,
        ver bigint NOT NULL,
        previous_secret_hash bytea,
        previous_until bigint NOT NULL,
        previous_authenticated_at bigint NOT NULL,
        generation bigint NOT NULL,
        branch bigint NOT NULL,
        parent_branch bigint NOT NULL,
        revoked_at bigint,
        roles text NOT NULL,
        scopes text NOT NULL,
        amr text NOT NULL,
        previous_amr text NOT NULL,
        client_id text NOT NULL,
        parent_sid text COLLATE "C",
        address text NOT NULL,
        user_agent text NOT NULL,
        label text NOT NULL,
        attributes text NOT NULL
    )
    """,
    """
    CREATE INDEX doorward_sessions_activity
    ON doorward_sessions (seen_at, sid) WHERE revoked_at IS NULL
    """,
    """
    CREATE INDEX doorward_sessions_subject
    ON doorward_sessions (subject, seen_at, sid) WHERE revoked_at IS NULL
    """,
    """
    CREATE INDEX doorward_sessions_parent
    ON doorward_sessions (parent_sid) WHERE parent_sid IS NOT NULL
    """,
    "CREATE INDEX doorward_sessions_death ON doorward_sessions (coalesce(revoked_at, ends_at))",
    # a position is taken while the row it tells of is locked: of one session they are in order
    """
    CREATE TABLE doorward_changes (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        kind text NOT NULL,
        id text NOT NULL,
        ver bigint NOT NULL,
        revoked boolean NOT NULL,
        at bigint NOT NULL
    )
    """,
    "CREATE INDEX doorward_changes_xid ON doorward_changes (xid)",
    "CREATE INDEX doorward_changes_age ON doorward_changes (at)",
    """
    CREATE TABLE doorward_marks (
        subject text COLLATE "C" PRIMARY KEY,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        at bigint NOT NULL
    )
    """,
    "CREATE INDEX doorward_marks_xid ON doorward_marks (xid)",
    "CREATE INDEX doorward_marks_age ON doorward_marks (at)",
    """
    CREATE TABLE doorward_keys (
        place bigint GENERATED ALWAYS AS IDENTITY,
        kid text COLLATE "C" PRIMARY KEY,
        algorithm text NOT NULL,
        public_jwk text NOT NULL,
        sealed_private bytea,
        created_at bigint NOT NULL,
        signs_from bigint,
        withdrawn_at bigint
    )
    """,
    """
    CREATE TABLE doorward_tickets (
        kind text COLLATE "C" NOT NULL,
        digest bytea NOT NULL,
        payload text NOT NULL,
        expires_at bigint NOT NULL,
        takes bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (kind, digest)
    )
    """,
    "CREATE INDEX doorward_tickets_age ON doorward_tickets (expires_at)",
    """
    CREATE TABLE doorward_limits (
        key text COLLATE "C" PRIMARY KEY, ends_at bigint NOT NULL, hits bigint NOT NULL
    )
    """,
    "CREATE INDEX doorward_limits_age ON doorward_limits (ends_at)",
)

LATER = (
    # by the longest that any of them may rest, `sessions` finds where the live rows end
    """
    CREATE INDEX IF NOT EXISTS doorward_sessions_rest
    ON doorward_sessions ((ends_at - seen_at)) WHERE revoked_at IS NULL
    """,
    # the transaction of the login: the order of those that began in the same second
    "ALTER TABLE doorward_sessions ADD COLUMN IF NOT EXISTS xid xid8",
    # empty for a login, which is all that nodes of an earlier version insert
    "ALTER TABLE doorward_sessions ADD COLUMN IF NOT EXISTS audience text NOT NULL DEFAULT ''",
    *FUNCTIONS,
)
"""Additions that older tables of this schema may lack.  An earlier version of Doorward can go on
using such tables beside a later version."""

# not to_regclass: its answer is cached, from before the tables were made
FOUND = """
    SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND pg_table_is_visible(oid))
"""
COLUMN = """
    SELECT EXISTS (
        SELECT FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relname = $1 AND attname = $2 AND pg_table_is_visible(pg_class.oid)
    )
"""
STATE = "SELECT schema, system = system_identifier FROM doorward_meta, pg_control_system()"

MOVED = (
    "UPDATE doorward_changes SET xid = pg_current_xact_id()",
    "UPDATE doorward_marks SET xid = pg_current_xact_id()",
    """
    UPDATE doorward_meta SET
        system = (SELECT system_identifier FROM pg_control_system()),
        changes_purged_by = pg_current_xact_id(), changes_purged_up_to = pg_current_xact_id(),
        marks_purged_by = pg_current_xact_id(), marks_purged_up_to = pg_current_xact_id()
    """,
)
"""For tables that were dumped elsewhere and restored here: the numbers of transactions in them mean
nothing in this cluster.  What they tell of is told again, as of now."""


async def prepare(connection: Any) -> None:
    """Makes or migrates the tables where that is needed; otherwise reads two rows, and needs no
    right to create.  Any number of nodes may do it at once.  Raises `ConfigurationError`."""
    if await _current(connection):
        return
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", ONE_AT_A_TIME)
        if await _current(connection):
            return
        await _make(connection)


async def _current(connection: Any) -> bool:
    """Whether nothing is to be done."""
    if not await _has(connection, "doorward_meta"):
        return False
    found, here = await connection.fetchrow(STATE)
    if found > SCHEMA:
        raise ConfigurationError(
            "the database was made by a later Doorward:"
            f" its schema is {found}, this one knows {SCHEMA}"
        )
    return (
        bool(here)
        and await _has(connection, "doorward_sessions_rest")
        and await _has_column(connection, "xid")
        and await _has_column(connection, "audience")
    )


async def _make(connection: Any) -> None:
    statements: tuple[str, ...] = TABLES
    if await _has(connection, "doorward_meta"):
        _, here = await connection.fetchrow(STATE)
        statements = () if here else MOVED
    for statement in (*statements, *LATER):
        await connection.execute(statement)


async def _has(connection: Any, name: str) -> bool:
    """Whether there is such a table or index."""
    return bool(await connection.fetchval(FOUND, name))


async def _has_column(connection: Any, name: str) -> bool:
    return bool(await connection.fetchval(COLUMN, "doorward_sessions", name))
