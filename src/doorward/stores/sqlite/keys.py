"""Signing keys as rows."""

import sqlite3
from collections.abc import Sequence

from ...types import Change, SigningKey
from .reader import Row
from .sessions import record

ALL = """
    SELECT kid, algorithm, public_jwk, sealed_private, created_at, signs_from, withdrawn_at
    FROM doorward_keys ORDER BY created_at, rowid
"""

PUT = """
    INSERT INTO doorward_keys
        (kid, algorithm, public_jwk, sealed_private, created_at, signs_from, withdrawn_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (kid) DO UPDATE SET
        algorithm = excluded.algorithm, public_jwk = excluded.public_jwk,
        sealed_private = excluded.sealed_private, created_at = excluded.created_at,
        signs_from = excluded.signs_from, withdrawn_at = excluded.withdrawn_at
    WHERE withdrawn_at IS NULL
"""


def signing_key(row: Row) -> SigningKey:
    kid, algorithm, public_jwk, sealed_private, created_at, signs_from, withdrawn_at = row
    return SigningKey(
        kid=kid,
        algorithm=algorithm,
        public_jwk=public_jwk,
        sealed_private=sealed_private,
        created_at=created_at,
        signs_from=signs_from,
        withdrawn_at=withdrawn_at,
    )


def put_key(database: sqlite3.Connection, key: SigningKey) -> None:
    written = database.execute(
        PUT,
        (
            key.kid,
            key.algorithm,
            key.public_jwk,
            key.sealed_private,
            key.created_at,
            key.signs_from,
            key.withdrawn_at,
        ),
    )
    if written.rowcount:
        change = Change("key", key.kid, revoked=key.withdrawn_at is not None)
        record(database, key.told_at, [change])


def put_first_keys(database: sqlite3.Connection, keys: Sequence[SigningKey]) -> bool:
    ((any_key,),) = database.execute("SELECT EXISTS (SELECT 1 FROM doorward_keys)").fetchall()
    if any_key:
        return False
    for key in keys:
        put_key(database, key)
    return True
