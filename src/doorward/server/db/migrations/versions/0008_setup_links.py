"""The links for a first administrator that are not void."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table.  A link that was made before is not in it, and void."""
    op.create_table("doorward_setup_links", sa.Column("id", TEXT, primary_key=True))
