"""The number of the password that was current when a letter was written."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add it.  A waiting letter with a link is not sent if its recipient has ever chosen a new
    password."""
    number = sa.Column("ending", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("doorward_letters", number)
