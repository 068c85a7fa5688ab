"""New passwords as decisions: which was the last, and which session it keeps."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add both."""
    number = sa.Column("ending", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("doorward_users", number)
    kept = sa.Column("kept", TEXT, nullable=False, server_default=sa.text("''"))
    op.add_column("doorward_users", kept)
