"""What both users of the PostgreSQL driver need: the store, and the server's own tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""All errors of PostgreSQL, asyncpg and the network; a time-out is an OSError."""

POOLED = (
    "a pooler such as PgBouncer is in between, and does not keep the settings of a connection:"
    " connect to PostgreSQL itself"
)


def said(error: BaseException) -> str:
    """The message of an error, as one line of a log: without HINT, and without DETAIL, which may
    show the content of a row."""
    text = getattr(error, "strerror", None) or next(iter(error.args), error)
    return " ".join(str(text).split())


@contextmanager
def cut_unless_done(connection: Any) -> Iterator[None]:
    """Close the connection if the block fails or is cancelled, as when an application ends while it
    connects: nobody else knows the connection yet."""
    try:
        yield
    except BaseException:
        connection.terminate()
        raise
