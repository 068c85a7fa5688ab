"""Signing keys as rows."""

from typing import Any

from ...types import SigningKey
from .pool import Pool
from .text import escaped, plain

ALL = """
    SELECT kid, algorithm, public_jwk, sealed_private, created_at, signs_from, withdrawn_at
    FROM doorward_keys ORDER BY created_at, place
"""

PUT = """
    WITH kept AS (
        INSERT INTO doorward_keys
            (kid, algorithm, public_jwk, sealed_private, created_at, signs_from, withdrawn_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (kid) DO UPDATE SET
            algorithm = excluded.algorithm, public_jwk = excluded.public_jwk,
            sealed_private = excluded.sealed_private, created_at = excluded.created_at,
            signs_from = excluded.signs_from, withdrawn_at = excluded.withdrawn_at
        RETURNING kid, withdrawn_at IS NOT NULL AS withdrawn
    )
    INSERT INTO doorward_changes (kind, id, ver, revoked, at)
    SELECT 'key', kid, 0, withdrawn, $8 FROM kept
"""


def signing_key(row: Any) -> SigningKey:
    kid, algorithm, public_jwk, sealed_private, created_at, signs_from, withdrawn_at = row
    return SigningKey(
        kid=plain(kid),
        algorithm=plain(algorithm),
        public_jwk=plain(public_jwk),
        sealed_private=sealed_private,
        created_at=created_at,
        signs_from=signs_from,
        withdrawn_at=withdrawn_at,
    )


async def put_key(pool: Pool, key: SigningKey) -> None:
    await pool.fetch(
        PUT,
        escaped(key.kid),
        escaped(key.algorithm),
        escaped(key.public_jwk),
        key.sealed_private,
        key.created_at,
        key.signs_from,
        key.withdrawn_at,
        max(key.created_at, key.signs_from or 0, key.withdrawn_at or 0),
    )
