"""What both users of the PostgreSQL driver need: the store, and the server's own tables."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import asyncpg

from .search_path import search_path

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


_DETAILS = re.compile(r"\n(?:DETAIL|HINT): .*", re.DOTALL)
"""What `str` of asyncpg's errors puts behind the message."""


def original(error: BaseException) -> BaseException:
    """The error of asyncpg inside those of SQLAlchemy; any other error itself."""
    wrapped = getattr(error, "orig", None)
    return error if wrapped is None else wrapped.__cause__ or wrapped


def said(error: BaseException) -> str:
    """The message of an error, as one line of a log: without HINT, and without DETAIL, which may
    show the content of a row."""
    error = original(error)
    text = getattr(error, "strerror", None) or next(iter(error.args), error)
    return " ".join(_DETAILS.sub("", str(text)).split())


def without_details(error: BaseException) -> BaseException:
    """The same error, after DETAIL and HINT were removed from it and from its causes, so that no
    traceback shows the content of a row.

    The causes are needed because SQLAlchemy wraps an error of asyncpg twice, and its older versions
    copy the whole text.
    """
    each: BaseException | None = error
    while each is not None:
        if isinstance(each, asyncpg.PostgresError | asyncpg.InterfaceError):
            each.detail = each.hint = None
        each.args = tuple(_cut(arg) for arg in each.args)
        each = each.__cause__
    return error


def _cut(argument: object) -> object:
    return _DETAILS.sub("", argument) if isinstance(argument, str) else argument


async def connect(url: str, seconds: float, settings: Mapping[str, str]) -> Any:
    """A new connection to the primary, whose tables are those of the schema that the URL names.
    Raises what asyncpg does, and `ConfigurationError` for an empty `search_path`."""
    return await asyncpg.connect(
        url,
        timeout=seconds,
        server_settings={**settings, **search_path(url)},
        target_session_attrs="primary",
    )


@contextmanager
def cut_unless_done(connection: Any) -> Iterator[None]:
    """Close the connection if the block fails or is cancelled, as when an application ends while it
    connects: nobody else knows the connection yet."""
    try:
        yield
    except BaseException:
        connection.terminate()
        raise
