"""Which addresses people changed, so that the old one can be put back."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "doorward_email_changes",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("old_email", TEXT, nullable=False),
        sa.Column("new_email", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    table = "doorward_email_changes"
    op.create_index("doorward_email_changes_subject", table, ["subject"])
    op.create_index("doorward_email_changes_at", table, ["at"])
