"""Other applications, what they may ask for, and what people allowed them."""

import sqlalchemy as sa
from alembic import op

from doorward.server.db.schema import TEXT

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "doorward_clients",
        sa.Column("client_id", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("secret_hash", TEXT),
        sa.Column("old_secret_hash", TEXT),
        sa.Column("old_secret_until", sa.BigInteger),
        sa.Column("redirect_uris", TEXT, nullable=False),
        sa.Column("post_logout_uris", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("resources", TEXT, nullable=False),
        sa.Column("acts_for_itself", sa.BigInteger, nullable=False),
        sa.Column("pkce_exempt", sa.BigInteger, nullable=False),
        sa.Column("id_token_alg", TEXT),
        sa.Column("describes_itself", sa.BigInteger, nullable=False),
        sa.Column("fresh_until", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
        sa.Column("decided", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("settled", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    )
    op.create_table(
        "doorward_scopes",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("sentence", TEXT, nullable=False),
    )
    op.create_table(
        "doorward_consents",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("resources", TEXT, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger),
        sa.Column("unsettled", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    )
    op.create_index("doorward_consents_subject", "doorward_consents", ["subject"])
    op.create_index("doorward_consents_client", "doorward_consents", ["client_id", "id"])
    waiting = sa.text("unsettled = 1")
    op.create_index(
        "doorward_consents_unsettled",
        "doorward_consents",
        ["id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
