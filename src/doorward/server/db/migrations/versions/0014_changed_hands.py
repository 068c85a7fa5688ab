"""Since when a stranger may have been in an account, and the last change of its address."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add two columns.  Of changes before, nobody knows when the session began that made them."""
    op.add_column("doorward_email_changes", sa.Column("since", sa.BigInteger))
    readdressed = sa.Column("readdressed", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("doorward_users", readdressed)
