"""The seal that `doorward move` leaves on a database, looked up without opening it."""

from shlex import quote

from ..errors import ConfigurationError, StoreMoved, StoreUnavailable
from ..server.db.url import shown
from ..server.options import Options
from ..stores import POSTGRES, driver, open_store
from ..stores.read_only import BEING_MOVED, FIND_IN_SQLITE, said_in_sqlite
from .open import unreached
from .output import NotDone
from .tables import database_file, in_file, place_of


async def moved(url: str) -> str | None:
    """The text with which this database refuses writes, such as `moved to ...`; None if it is open.

    Changes nothing.  Raises `ConfigurationError` when it cannot be read, and `StoreUnavailable`.
    """
    path = database_file(url)
    if path is not None:
        return said_in_sqlite(in_file(path, FIND_IN_SQLITE)) if path.exists() else None
    scheme = url.partition(":")[0]
    if scheme == "memory":
        return None
    if scheme in POSTGRES:
        with driver("postgresql", "postgres"):
            from ..server.db.engines.postgres import seal_of
        return await seal_of(url)
    return await _of_redis(url)


async def check_open(options: Options) -> None:
    """Whether both databases can be reached, and neither was moved.  Raises `NotDone`
    and `ConfigurationError`."""
    for url in dict.fromkeys((options.database, options.sessions_url)):
        try:
            why = await moved(url)
        except StoreUnavailable as error:
            raise unreached(url, error) from error
        if why is not None:
            raise NotDone(f"{sealed(place_of(url), why)}: {_way_out(options, why)}.")


async def note_of_move(options: Options) -> str | None:
    """The note for the operator beside the answer of a command that only read, if any."""
    try:
        why = await moved(options.database)
    except (ConfigurationError, StoreUnavailable):
        return None  # the answer came from elsewhere
    return why and f"Note: {sealed(place_of(options.database), why)}."


def sealed(place: str | None, why: str) -> str:
    """The text of a seal about the database at this place, as the beginning of a sentence."""
    verb = "is" if why.startswith(BEING_MOVED) else "was"
    return f"{place} {verb} {why}, and nothing is written to it any more"


def nothing_done(why: str) -> str:
    """The error for the operator of a command that a seal refused."""
    if why.startswith(BEING_MOVED):
        return (
            f"Nothing was changed, for this is {why}: once `doorward move` is done, give the"
            " command those options; if none is running any more, look at `doorward doctor`."
        )
    return f"Nothing was changed, for this was {why}: give the command those options."


def _way_out(options: Options, why: str) -> str:
    back = f"`{unsealing(options)}` while no new server runs"
    if why.startswith(BEING_MOVED):
        return f"wait for `doorward move`; if it is not running any more, go back with {back}"
    return (
        "start with those options, the same root key, and all others as before; or go back with"
        f" {back}"
    )


def unsealing(options: Options) -> str:
    """The command that lets these databases be written again."""
    sessions = f" --sessions-from {quote(shown(options.sessions))}" if options.sessions else ""
    return f"doorward move --from {quote(shown(options.database))}{sessions} --unseal"


async def _of_redis(url: str) -> str | None:
    """Asked by taking back a count that there never was, which a seal refuses first of all."""
    store = open_store(url)
    try:
        await store.forgive("", 0, 0)
    except StoreMoved as error:
        return str(error)
    finally:
        await store.close()
    return None
