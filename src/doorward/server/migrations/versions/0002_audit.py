"""The audit log: what happened, chained, and closed against change by the database itself."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Whoever can drop a trigger can still change a row.  Then the chain tells; these are for mistakes.
TRIGGERS = (
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


def upgrade() -> None:
    """Make the table, its indexes and its triggers."""
    op.create_table(
        "doorward_audit",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sid", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    _index("at")
    _index("kind", "kind")
    _index("subject", "subject")
    _index("address", "address")
    _index("actor", "actor", where="actor <> subject")
    op.create_index(
        "doorward_audit_pruned",
        "doorward_audit",
        ["seq"],
        sqlite_where=sa.text("kind = 'audit_pruned'"),
    )
    for trigger in TRIGGERS:
        op.execute(trigger)


def _index(name: str, *columns: str, where: str | None = None) -> None:
    """In the order of time, that is, of the pages that are shown."""
    op.create_index(
        f"doorward_audit_{name}",
        "doorward_audit",
        [*columns, "at", "seq"],
        sqlite_where=None if where is None else sa.text(where),
    )
