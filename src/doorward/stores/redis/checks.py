"""The checks of a server before it is trusted with sessions, once."""

import logging
import re
from asyncio import Lock
from ssl import SSLCertVerificationError

from redis.asyncio.connection import Connection
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from ...errors import ConfigurationError
from .errors import without_arguments

log = logging.getLogger("doorward")

WANTED = {"appendonly": "yes", "maxmemory-policy": "noeviction"}
"""Without the log a restart forgets; with eviction a full server forgets whom it likes."""

CHANNEL = "doorward:changes"
"""Where the scripts announce each change."""

OLDEST = 7
"""The Redis that first let a script say what it may do; every Valkey does."""


class Checks:
    """Passed once for each store; until then every connection tries."""

    def __init__(self) -> None:
        self._passed = False
        self._lock = Lock()

    async def open(self, connection: Connection) -> None:
        """Connect, and check the server unless that was done.

        Raises `ConfigurationError`, and what redis-py raises: after the start, a refusal is the
        server's trouble and not a setting's.
        """
        if self._passed:
            await connection.connect()  # type: ignore[no-untyped-call]
            return
        async with self._lock:
            try:
                await connection.connect()  # type: ignore[no-untyped-call]
                if not self._passed:
                    await _check_server(connection)
                    await _check_settings(connection)
                    await _check_publish(connection)
                    self._passed = True
            except RedisError as error:
                without_arguments(error)
                raise _explained(error) from None


async def _check_server(connection: Connection) -> None:
    await connection.send_command("INFO")
    text = (await connection.read_response()).decode()
    version = re.search(r"redis_version:(\d+)", text)
    if version is None or int(version[1]) < OLDEST:
        raise ConfigurationError(f"Doorward needs Redis {OLDEST}.0 or later, or Valkey")
    if "cluster_enabled:1" in text:
        raise ConfigurationError(
            "the Redis server is in cluster mode, which Doorward does not use: "
            "give it a server, or a primary with replicas, of its own (cluster-enabled no)"
        )


async def _check_settings(connection: Connection) -> None:
    for name, wanted in WANTED.items():
        await connection.send_command("CONFIG", "GET", name)
        try:
            _, found = await connection.read_response()
        except (ResponseError, NoPermissionError):
            log.warning("the Redis server does not tell whether %s is %s", name, wanted)
            continue
        if found.decode() != wanted:
            raise ConfigurationError(
                f"the Redis server has {name} {found.decode()}, which loses revocations; set, also "
                f"in its configuration file: CONFIG SET {name} {wanted}"
            )


async def _check_publish(connection: Connection) -> None:
    """A script that may not announce its change fails after it has written.  An empty announcement
    wakes nobody."""
    await connection.send_command("PUBLISH", CHANNEL, "")
    await connection.read_response()


def _explained(error: RedisError) -> Exception:
    """The error, or what to do about it."""
    if isinstance(error, NoPermissionError):
        return ConfigurationError(f"the Redis server lets this user do too little: {error}")
    if isinstance(error, AuthenticationError | AuthorizationError):
        return ConfigurationError(f"the Redis server refuses the password or user: {error}")
    if isinstance(error.__context__, SSLCertVerificationError):
        return ConfigurationError(
            f"the Redis server's certificate is refused: {error.__context__.verify_message}"
        )
    if getattr(error.__context__, "reason", None) == "NO_CERTIFICATE_OR_CRL_FOUND":
        return ConfigurationError("the file of ssl_ca_certs holds no certificate in PEM")
    if "DB index" in str(error):
        return ConfigurationError(f"the Redis server has no database of this number: {error}")
    return error
