"""The tables of what people prove beside a password.  All of a person's rows go with the user."""

from sqlalchemy import BigInteger, Column, Index, Table

from ..db.database import TABLES
from ..db.schema import TEXT

PASSKEYS = Table(
    "doorward_passkeys",
    TABLES,
    Column("credential_id", TEXT, primary_key=True),  # base64url, as browsers write it
    Column("subject", TEXT, nullable=False),
    Column("user_handle", TEXT, nullable=False),  # base64url of 32 random bytes, one for a person
    Column("public_key", TEXT, nullable=False),  # base64url of the COSE key
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", TEXT, nullable=False),  # a list in JSON
    Column("aaguid", TEXT, nullable=False),
    Column("backup_eligible", BigInteger, nullable=False),  # 0 or 1
    Column("backed_up", BigInteger, nullable=False),  # 0 or 1
    Column("name", TEXT, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
Index("doorward_passkeys_subject", PASSKEYS.c.subject)

TOTP = Table(
    "doorward_totp",
    TABLES,
    Column("subject", TEXT, primary_key=True),
    Column("secret", TEXT, nullable=False),  # sealed under the root key, base64url
    Column("last_step", BigInteger, nullable=False),  # of the last code that was used
    Column("created_at", BigInteger, nullable=False),
)

RECOVERY_CODES = Table(
    "doorward_recovery_codes",
    TABLES,
    Column("id", TEXT, primary_key=True),  # the subject, a colon, and the code's first 4 letters
    Column("subject", TEXT, nullable=False),
    Column("hash", TEXT, nullable=False),  # Argon2id of the other letters
    Column("created_at", BigInteger, nullable=False),
)
Index("doorward_recovery_codes_subject", RECOVERY_CODES.c.subject)

OWNED = (PASSKEYS, TOTP, RECOVERY_CODES)
"""Each has a column `subject`."""
