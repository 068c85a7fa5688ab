"""Letters: mails that wait to be sent, and those of the last day."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "doorward_letters",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("user_agent", TEXT, nullable=False),
        sa.Column("other", TEXT, nullable=False),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
    )
    waits = sa.text("sent_at IS NULL")
    op.create_index("doorward_letters_subject", "doorward_letters", ["subject", "kind", "at"])
    op.create_index(
        "doorward_letters_due",
        "doorward_letters",
        ["due_at"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index("doorward_letters_at", "doorward_letters", ["at"])
