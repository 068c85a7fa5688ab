"""The tables of other applications.  Each has a key of one column, as a move needs."""

from sqlalchemy import BigInteger, Column, Index, Table, text

from ..db.database import TABLES
from ..db.schema import TEXT

CLIENTS = Table(
    "doorward_clients",
    TABLES,
    Column("client_id", TEXT, primary_key=True),
    Column("name", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),  # public or confidential
    Column("secret_hash", TEXT),  # SHA-256 in hexadecimal: the secret has 256 bits
    Column("old_secret_hash", TEXT),
    Column("old_secret_until", BigInteger),
    Column("redirect_uris", TEXT, nullable=False),  # a list in JSON
    Column("post_logout_uris", TEXT, nullable=False),  # a list in JSON
    Column("scopes", TEXT, nullable=False),  # a list in JSON
    Column("resources", TEXT, nullable=False),  # a list in JSON
    Column("acts_for_itself", BigInteger, nullable=False),  # 0 or 1
    Column("pkce_exempt", BigInteger, nullable=False),  # 0 or 1
    Column("id_token_alg", TEXT),
    Column("describes_itself", BigInteger, nullable=False),  # 0 or 1
    Column("fresh_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("decided", BigInteger, nullable=False, server_default=text("0")),
    Column("settled", BigInteger, nullable=False, server_default=text("0")),
)

SCOPES = Table(
    "doorward_scopes",
    TABLES,
    Column("name", TEXT, primary_key=True),
    Column("resource", TEXT, nullable=False),
    Column("sentence", TEXT, nullable=False),
)

CONSENTS = Table(
    "doorward_consents",
    TABLES,
    Column("id", TEXT, primary_key=True),  # the subject, a colon, and the client id
    Column("subject", TEXT, nullable=False),
    Column("client_id", TEXT, nullable=False),
    Column("scopes", TEXT, nullable=False),  # a list in JSON
    Column("resources", TEXT, nullable=False),  # a list in JSON
    Column("given_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("unsettled", BigInteger, nullable=False, server_default=text("0")),  # 0 or 1
)
Index("doorward_consents_subject", CONSENTS.c.subject)
Index("doorward_consents_client", CONSENTS.c.client_id, CONSENTS.c.id)
UNSETTLED = text("unsettled = 1")  # in these words, so that the index is found
Index(
    "doorward_consents_unsettled",
    CONSENTS.c.id,
    sqlite_where=UNSETTLED,
    postgresql_where=UNSETTLED,
)
