"""The audit log: what happened, chained, and closed against change by the database itself."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0002"
down_revision = "0001"

# Whoever can drop a trigger can still change a row.  Then the chain tells; these are for mistakes.
SQLITE = (
    """
    CREATE TRIGGER doorward_audit_order BEFORE INSERT ON doorward_audit
    WHEN NEW.seq <> (SELECT ifnull(max(seq), 0) + 1 FROM doorward_audit)
    BEGIN SELECT RAISE(ABORT, 'the audit log grows at its end only'); END
    """,
    """
    CREATE TRIGGER doorward_audit_update BEFORE UPDATE ON doorward_audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is never edited'); END
    """,
    """
    CREATE TRIGGER doorward_audit_delete BEFORE DELETE ON doorward_audit
    WHEN OLD.seq > ifnull((
        SELECT json_extract(detail, '$.through') FROM doorward_audit
        WHERE kind = 'audit_pruned' ORDER BY seq DESC LIMIT 1
    ), 0)
    BEGIN SELECT RAISE(ABORT, 'the audit log loses only what was pruned'); END
    """,
)
POSTGRESQL = (
    """
    CREATE FUNCTION doorward_audit_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM doorward_audit) THEN
            RAISE EXCEPTION 'the audit log grows at its end only';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER doorward_audit_order BEFORE INSERT ON doorward_audit
    FOR EACH ROW EXECUTE FUNCTION doorward_audit_order()
    """,
    """
    CREATE FUNCTION doorward_audit_update() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit log is never edited'; END $$
    """,
    """
    CREATE TRIGGER doorward_audit_update BEFORE UPDATE OR TRUNCATE ON doorward_audit
    FOR EACH STATEMENT EXECUTE FUNCTION doorward_audit_update()
    """,
    """
    CREATE FUNCTION doorward_audit_delete() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT max(seq) FROM gone) > coalesce((
            SELECT (detail::json->>'through')::bigint FROM doorward_audit
            WHERE kind = 'audit_pruned' ORDER BY seq DESC LIMIT 1
        ), 0) THEN
            RAISE EXCEPTION 'the audit log loses only what was pruned';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER doorward_audit_delete AFTER DELETE ON doorward_audit
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION doorward_audit_delete()
    """,
)


def upgrade() -> None:
    """Make the table, its indexes and its triggers."""
    op.create_table(
        "doorward_audit",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("sid", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("user_agent", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    time = ("at", "seq")  # the order of the pages that are shown
    _index("at", *time)
    _index("kind", "kind", *time)
    _index("subject", "subject", *time)
    _index("address", "address", *time)
    _index("actor", "actor", *time, where="actor <> subject")
    _index("pruned", "seq", where="kind = 'audit_pruned'")
    for trigger in SQLITE if op.get_context().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(trigger)


def _index(name: str, *columns: str, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        f"doorward_audit_{name}",
        "doorward_audit",
        columns,
        sqlite_where=condition,
        postgresql_where=condition,
    )
