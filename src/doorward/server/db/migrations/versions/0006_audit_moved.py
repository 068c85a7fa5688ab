"""The audit log of another database may be brought to an empty one, also when its first entries
were pruned there."""

from alembic import op

revision = "0006"
down_revision = "0005"

SQLITE = (
    "DROP TRIGGER doorward_audit_order",
    """
    CREATE TRIGGER doorward_audit_order BEFORE INSERT ON doorward_audit
    WHEN NEW.seq <> ifnull((SELECT max(seq) FROM doorward_audit) + 1, NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the audit log grows at its end only'); END
    """,
)
POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION doorward_audit_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.seq <> (SELECT max(seq) + 1 FROM doorward_audit) THEN
            RAISE EXCEPTION 'the audit log grows at its end only';
        END IF;
        RETURN NEW;
    END $$
    """,
)


def upgrade() -> None:
    """Make the trigger anew."""
    for statement in SQLITE if op.get_context().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
