"""The users by age, for the list of the newest."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the index."""
    op.create_index("doorward_users_age", "doorward_users", ["created_at", "email"])
