"""The schema of the server's tables, brought up to date."""

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Text, inspect

from ...errors import ConfigurationError

VERSION_TABLE = "doorward_schema"
"""Where the migrations note how far they came."""

NEWEST = max(Path(__file__).with_name("migrations").glob("versions/[0-9]*.py")).name[:4]
"""The newest version of the schema; the files of migrations are named by version."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes in every database: pages are the same, and no index of addresses
breaks when a machine learns another order of letters."""


NEWER = "The database was written by a newer version of Doorward than this one."


class Versions(NamedTuple):
    """The version of the schema that was found, or None, and the one it has now."""

    found: str | None
    now: str | None


def migrate(connection: Connection) -> Versions:
    """Bring the schema up to date, within a transaction that lets nobody else migrate.  What is up
    to date is only read.  Raises `ConfigurationError` when a newer Doorward was here."""
    found = _version(connection)
    if found != NEWEST:
        _upgrade(connection)
    return Versions(found, _version(connection))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    # the name is a constant of ours, so no input reaches the statement
    found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608
    return found.scalar()


def _upgrade(connection: Connection) -> None:
    # Imported here because only a database that is new or old needs it, and it is slow to import.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", "doorward.server.db:migrations")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(NEWER) from error
