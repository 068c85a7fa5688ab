"""The audit log by address, with the kind: what is of another kind is passed over in the index."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the index anew."""
    op.drop_index("doorward_audit_address", "doorward_audit")
    op.create_index("doorward_audit_address", "doorward_audit", ["address", "at", "seq", "kind"])
