"""What people prove beside a password, whether their address is theirs, and when their account is
to be erased."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add two columns and three tables."""
    op.add_column("doorward_users", sa.Column("verified_at", sa.BigInteger))
    op.add_column("doorward_users", sa.Column("erase_at", sa.BigInteger))
    op.create_table(
        "doorward_passkeys",
        sa.Column("credential_id", TEXT, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("user_handle", TEXT, nullable=False),
        sa.Column("public_key", TEXT, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", TEXT, nullable=False),
        sa.Column("aaguid", TEXT, nullable=False),
        sa.Column("backup_eligible", sa.BigInteger, nullable=False),
        sa.Column("backed_up", sa.BigInteger, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_index("doorward_passkeys_subject", "doorward_passkeys", ["subject"])
    op.create_table(
        "doorward_totp",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("secret", TEXT, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "doorward_recovery_codes",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("doorward_recovery_codes_subject", "doorward_recovery_codes", ["subject"])
