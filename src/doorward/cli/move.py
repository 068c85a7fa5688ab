"""`doorward move`: everything a server keeps, brought to other databases while it serves."""

import argparse
import os
from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..keys import Keyring, load_root_keys
from ..server.command_options import read_options
from ..server.db.url import shown
from ..server.options import Options
from ..server.plural import counted
from ..stores.read_only import MOVED
from ..types import SigningKey, system_clock
from .commands import carry_out, parser_of
from .moved_notice import check_open, moved
from .open import check_databases, check_folders
from .output import Answer, NotDone, remark
from .tables import SESSIONS, USERS, place_of, tables

if TYPE_CHECKING:
    from ..server.move.moving import Moved

WHAT = "Bring users, sessions, keys and history to other databases while the servers serve."

URLS = {
    "from": "where users and history are now",
    "to": "where they are to be; it must be empty",
    "sessions-from": "where the sessions are now (default: --from)",
    "sessions-to": "where they are to be (default: --to)",
}

NOUNS = {
    "users": ("user", "users"),
    "sessions": ("session", "sessions"),
    "keys": ("signing key", "signing keys"),
    "audit": ("entry of the audit log", "entries of the audit log"),
    "letters": ("letter that waits to be sent", "letters that wait to be sent"),
    "tickets": ("link that waits to be used", "links that wait to be used"),
    "limits": ("counter of the limits", "counters of the limits"),
}
"""What is moved, in the order in which it is told."""

STILL = (
    "Until the new servers run, people stay logged in, and nobody can log in, log out or refresh."
)


def main(argv: Sequence[str]) -> int:
    """Move, or open again what was moved.  Returns the exit status."""
    parser = parser_of("doorward move", WHAT, "root_key_file")
    _arguments(parser)
    given = parser.parse_args(argv)
    if given.unseal == (given.to is not None):
        parser.error("give either --to URL or --unseal")
    act = _unseal if given.unseal else _move
    return carry_out(lambda: act(given), as_json=given.json)


async def _move(given: argparse.Namespace) -> Answer:
    from ..server.move import moving

    source, target = _options(given, "from"), _options(given, "to")
    await _check_source(source)
    check_folders(target, "--to", "--sessions-to")
    if {source.database, source.sessions_url} & {target.database, target.sessions_url}:
        raise NotDone("Source and target must be different databases.")
    await _check_unmoved(source, target)
    for url in dict.fromkeys((target.database, target.sessions_url)):
        await tables(url)  # refuses the log of another file: opening writes that log into this one
    async with (
        moving.opened(source.database, source.sessions_url) as here,
        moving.opened(target.database, target.sessions_url) as there,
    ):
        _check_root_key(given, await here.store.keys())
        await moving.check_empty(there)
        where = _words(target, sessions=bool(source.sessions))
        result = await moving.move(here, there, where, system_clock, remark)
    return _answer(result, target)


async def _unseal(given: argparse.Namespace) -> Answer:
    from ..server.move import moving

    source = _options(given, "from")
    await _check_source(source)
    async with moving.opened(source.database, source.sessions_url) as place:
        await moving.unseal(place)
    said = f"{place_of(source.database)} is open again; its servers write as before."
    return Answer({"unsealed": place_of(source.database)}, [said])


def _answer(result: "Moved", target: Options) -> Answer:
    rows = {name.removeprefix("doorward_"): count for name, count in result.rows.items()}
    counts = {"sessions": result.sessions, "keys": result.keys, **rows, **result.waiting._asdict()}
    *most, last = (counted(counts[name], *NOUNS[name]) for name in NOUNS)
    next_step = _next_step(target)
    lines = [
        f"Moved {', '.join(most)} and {last}.",
        f"The last pass took {result.pause:.2f} s. {STILL}",
        next_step,
    ]
    data = {
        **counts,
        "pass_seconds": [round(seconds, 3) for seconds in result.passes],
        "pause_seconds": round(result.pause, 3),
        "next": next_step,
    }
    return Answer(data, lines)


def _next_step(target: Options) -> str:
    options = _words(target, sessions=bool(target.sessions))
    return (
        f"Stop the old servers and start new ones with {options}, the same root key, and all their"
        " other options as before."
    )


def _words(options: Options, *, sessions: bool) -> str:
    """The options of a server with these databases; `sessions` is whether to name those too."""
    words = f"--database {quote(shown(options.database))}"
    if sessions or options.sessions_url != options.database:
        words += f" --sessions {quote(shown(options.sessions_url))}"
    return words


async def _check_unmoved(source: Options, target: Options) -> None:
    """Raises `NotDone` when this was done before, or the source is sealed otherwise."""
    done = [f"{MOVED} {_words(target, sessions=named)}" for named in (False, True)]
    if await moved(source.database) in done:
        raise NotDone(f"This was moved already, and nothing is left to move. {_next_step(target)}")
    await check_open(source)


async def _check_source(options: Options) -> None:
    """A slip in a URL must not make a new, empty database.  Raises `NotDone`."""
    for url, table in ((options.database, USERS), (options.sessions_url, SESSIONS)):
        found = await tables(url)
        if not (found or frozenset()) & {table, USERS}:  # beside users, sessions may be made yet
            raise NotDone(f"There is no database of a Doorward server at {place_of(url)}.")


def _check_root_key(given: argparse.Namespace, keys: Sequence[SigningKey]) -> None:
    """The new servers must be able to sign with what is moved.  Raises `ConfigurationError`."""
    if keys:
        path = read_options(given).key_file
        Keyring(keys, load_root_keys(path, os.environ, sealed_exist=True), retain=0)


def _options(given: argparse.Namespace, side: str) -> Options:
    """The databases of one side."""
    database, sessions = getattr(given, side), getattr(given, f"sessions_{side}")
    options = Options(database=database, sessions=sessions)
    check_databases(options)
    for url in (options.database, options.sessions_url):
        if url == "memory:":
            raise ConfigurationError(
                "A database in memory: belongs to its server alone; name a file or URL."
            )
    return options


def _arguments(parser: argparse.ArgumentParser) -> None:
    for name, where in URLS.items():
        parser.add_argument(f"--{name}", metavar="URL", required=name == "from", help=where)
    parser.add_argument(
        "--unseal", action="store_true", help="let --from be written again after a move"
    )
