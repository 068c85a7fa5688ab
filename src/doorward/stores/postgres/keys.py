"""Signing keys as rows."""

from collections.abc import Sequence
from typing import Any

from ...types import SigningKey
from .connection import answering
from .connector import Connector
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
        WHERE doorward_keys.withdrawn_at IS NULL
        RETURNING kid, withdrawn_at IS NOT NULL AS withdrawn
    )
    INSERT INTO doorward_changes (kind, id, ver, revoked, at)
    SELECT 'key', kid, 0, withdrawn, $8 FROM kept
"""

LOCK = "LOCK TABLE doorward_keys IN SHARE ROW EXCLUSIVE MODE"
"""Until the transaction ends, nobody else puts a key."""

ANY = "SELECT EXISTS (SELECT FROM doorward_keys)"


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
    await pool.fetch(PUT, *_row(key))


async def put_first_keys(connector: Connector, keys: Sequence[SigningKey]) -> bool:
    # On a connection of its own: the lock must be held before the look, which then sees what its
    # last holder wrote, and a query of the pool is one statement.
    until = connector.deadline()
    line = await connector.connect(until)
    try:
        with answering(line.connection, until):
            async with line.connection.transaction():
                await line.connection.execute(LOCK)
                if await line.connection.fetchval(ANY):
                    return False
                await line.connection.executemany(PUT, map(_row, keys))
                return True
    finally:
        await line.close()


def _row(key: SigningKey) -> tuple[object, ...]:
    return (
        escaped(key.kid),
        escaped(key.algorithm),
        escaped(key.public_jwk),
        key.sealed_private,
        key.created_at,
        key.signs_from,
        key.withdrawn_at,
        key.told_at,
    )
