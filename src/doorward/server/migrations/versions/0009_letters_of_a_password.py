"""The number of the password that a letter was written under."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add it.  A link that waits for somebody who ever chose a new password is not sent."""
    number = sa.Column("ending", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("doorward_letters", number)
