"""The schema of the server's tables, brought up to date."""

from typing import NamedTuple

from sqlalchemy import Connection, Text

from ..errors import ConfigurationError

VERSION_TABLE = "doorward_schema"
"""Where the migrations note how far they came."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes in every database: pages are the same, and no index of addresses
breaks when a machine learns another order of letters."""


class Versions(NamedTuple):
    """The version of the schema that was found, or None, and the one it has now."""

    found: str | None
    now: str | None


def migrate(connection: Connection) -> Versions:
    """Bring the schema up to date, within a transaction that lets nobody else migrate.  What is up
    to date is only read.  Raises `ConfigurationError` when a newer Doorward was here."""
    # Imported here because only opening a database needs it, and it is slow to import.
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", "doorward.server:migrations")
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    found = context.get_current_revision()
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            "The database was written by a newer version of Doorward than this one."
        ) from error
    return Versions(found, context.get_current_revision())
