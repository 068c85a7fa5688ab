"""What became of accounts, for an application that wants to know."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table.  What was done before is not in it."""
    op.create_table(
        "doorward_account_events",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
    )
