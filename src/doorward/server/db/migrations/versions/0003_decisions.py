"""Decisions about users: how many were made, and how many of them their sessions know of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the two counts, and an index of those users of whom something is still to be done."""
    for name in ("decided", "settled"):
        column = sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
        op.add_column("doorward_users", column)
    op.create_index(
        "doorward_users_unsettled",
        "doorward_users",
        ["subject"],
        sqlite_where=sa.text("decided <> settled"),
        postgresql_where=sa.text("decided <> settled"),
    )
