"""`doorward migrate`: the tables of users, audit log and sessions, made or brought up to date."""

from argparse import Namespace
from collections.abc import Sequence

from ..server.command_options import read_options
from ..server.db.database import open_database
from ..server.db.schema import Versions
from ..server.options import Options
from ..stores import Backend, open_store
from .commands import ALWAYS, carry_out, ordered, parser_of
from .moved_notice import check_open
from .open import check_databases, check_folders
from .output import Answer, NotDone
from .tables import place_of

WHAT = "Make the tables of users, audit log and sessions, or bring them up to date."


def main(argv: Sequence[str]) -> int:
    """Migrate, on however many machines at once.  Returns the exit status."""
    given = parser_of("doorward migrate", WHAT, *ALWAYS).parse_args(ordered(argv))
    return carry_out(lambda: _migrate(given), as_json=given.json)


async def _migrate(given: Namespace) -> Answer:
    options = read_options(given)
    check_databases(options)
    if "memory:" in (options.database, options.sessions_url):
        raise NotDone("A database in memory: begins empty each time; there is nothing to migrate.")
    check_folders(options)
    await check_open(options)
    versions = await _users(options)
    await _sessions(options)
    places = place_of(options.database), place_of(options.sessions_url)
    data = {
        "database": {"place": places[0], "found": versions.found, "version": versions.now},
        "sessions": {"place": places[1]},
    }
    return Answer(data, [_told(places[0], versions), f"Sessions in {places[1]} are ready."])


async def _users(options: Options) -> Versions:
    database = await open_database(options.database)
    await database.close()
    return database.versions


async def _sessions(options: Options) -> None:
    store = open_store(options.sessions_url)
    try:
        await _made(store)
    finally:
        await store.close()


async def _made(store: Backend) -> None:
    """Of the stores, only one that may have to wait long has a step for it; all others are made by
    their first use."""
    migrate = getattr(store, "migrate", store.keys)
    await migrate()


def _told(place: str, versions: Versions) -> str:
    if versions.found is None:
        return f"Made users and audit log in {place}, version {versions.now}."
    if versions.found == versions.now:
        return f"Users and audit log in {place} are up to date, version {versions.now}."
    return f"Brought users and audit log in {place} from {versions.found} to {versions.now}."
