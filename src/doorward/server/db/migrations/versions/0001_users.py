"""Users: who may log in, with which password."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "doorward_users",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("password_hash", TEXT),
        sa.Column("roles", TEXT, nullable=False),
        sa.Column("locked_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("password_changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("doorward_users_email", "doorward_users", ["email"], unique=True)
