"""`doorward users import`: the accounts of another system, with the hashes of their passwords."""

from argparse import ArgumentParser, Namespace
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from ...server.command_options import read_options
from ...server.plural import counted
from ...server.recorder import Recorder
from ...types import system_clock
from ..commands import Verb
from ..open import opened_register, opened_users
from ..output import Answer, NotDone, table
from .account import BadRow, Fields
from .files import Numbered, csv_rows, json_rows
from .importing import NO_PASSWORD, Import, Place, Read, Result
from .subject_map import SubjectMap, subject_map
from .tables import DJANGO, FASTAPI_USERS, Shape, table_rows

_FILES = {"csv": csv_rows, "jsonl": json_rows}
_TABLES = {"fastapi-users": FASTAPI_USERS, "django": DJANGO}

_SHOWN = 50
"""Refused rows that are listed for people; --json lists all."""


Row = tuple[int, Fields | BadRow]
Rows = AsyncGenerator[Row, None]


class _Source(NamedTuple):
    rows: Rows
    read: Read
    place: Place


async def _import(given: Namespace) -> Answer:
    if given.dry_run and given.map is not None:
        raise NotDone("A dry run has no subjects to write to --map: leave one of the two out.")
    source = _source(given)
    async with aclosing(source.rows) as rows:
        # before anything is made: a slip in its name must leave no new database
        first = await anext(rows, None)
        source = source._replace(rows=_from(first, rows))
        result = await (_tried if given.dry_run else _done)(given, source)
    return _answer(given, result)


async def _tried(given: Namespace, source: _Source) -> Result:
    async with opened_users(read_options(given)) as users:
        nowhere, now = SubjectMap(None), system_clock()
        trial = Import(
            source.read, users.taken, nowhere, now, admins=given.with_admins, place=source.place
        )
        await _all(source, trial)
    return trial.result


async def _done(given: Namespace, source: _Source) -> Result:
    with subject_map(given.map) as subjects:
        async with opened_register(read_options(given), make=True) as (users, recorder):
            now, admins = system_clock(), given.with_admins
            importing = Import(
                source.read, users.add_many, subjects, now, admins=admins, place=source.place
            )
            try:
                await _all(source, importing)
            finally:  # also when the rest failed, since what was written stays
                await _note(recorder, given.kind, importing.result)
    return importing.result


async def _note(recorder: Recorder, kind: str, result: Result) -> None:
    """One entry for all of them."""
    if result.imported:
        await recorder.note(
            "users_imported",
            source=kind,
            imported=result.imported,
            skipped=result.skipped,
            refused=len(result.refused),
            admins=result.admins,
        )


async def _all(source: _Source, importing: Import) -> None:
    async for number, row in source.rows:
        await importing.take(number, row)
    await importing.finish()


# --- the source ---------------------------------------------------------------------------------


def _source(given: Namespace) -> _Source:
    shape = _TABLES.get(given.kind)
    if shape is not None:
        rows = _numbered(given.source, shape, given.table or shape.table)
        return _Source(rows, shape.read, "row")
    if given.table is not None:
        raise NotDone("--table names a table of a database; a file has none.")
    return _Source(_slowly(_FILES[given.kind](Path(given.source))), lambda fields: fields, "line")


async def _numbered(url: str, shape: Shape, name: str) -> Rows:
    number = 0
    async with aclosing(table_rows(url, shape, name)) as rows:
        async for row in rows:
            number += 1
            yield number, row


async def _slowly(rows: Iterator[Numbered]) -> Rows:
    for row in rows:
        yield row


async def _from(first: Row | None, rest: Rows) -> Rows:
    if first is not None:
        yield first
    async for row in rest:
        yield row


# --- words --------------------------------------------------------------------------------------


def _answer(given: Namespace, result: Result) -> Answer:
    refused = result.refused
    verb = "Would import" if given.dry_run else "Imported"
    states = f"{counted(result.locked, 'is', 'are')} locked, {result.verified} verified"
    lines = [
        f"{verb} {counted(result.imported, 'account')}{_hashes(result)}.",
        f"{states}, {counted(result.admins, 'administrator')}.",
        f"Skipped {counted(result.skipped, 'account')}, whose address has one already.",
    ]
    if refused:
        place = "LINE" if given.kind in _FILES else "ROW"
        head = (place, "ID", "E-MAIL", "WHY")
        rows = [(str(each.row), each.id, each.email, each.reason) for each in refused[:_SHOWN]]
        lines += [f"Refused {counted(len(refused), 'row')}:", *table(head, rows)]
    if len(refused) > _SHOWN:
        lines.append(f"... and {len(refused) - _SHOWN} more; --json lists all.")
    data = {"dry_run": given.dry_run, **asdict(result)}
    return Answer(data, lines, _notes(result), status=1 if refused else 0)


def _hashes(result: Result) -> str:
    parts = [
        f"{number} {'without a password' if scheme == NO_PASSWORD else scheme}"
        for scheme, number in sorted(result.hashes.items())
    ]
    return f": {', '.join(parts)}" if parts else ""


def _notes(result: Result) -> list[str]:
    if not result.admins_left_out:
        return []
    left_out = f"Note: {counted(result.admins_left_out, 'administrator')} of the source"
    how = "`doorward users set-roles` gives it, or --with-admins in the first import"
    return [f"{left_out} came without the role admin; {how}."]


# --- the arguments ------------------------------------------------------------------------------


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a file, or the URL of a database")
    parser.add_argument(
        "--from",
        dest="kind",
        choices=[*_TABLES, *_FILES],
        required=True,
        help="what SOURCE is: the database of one of these libraries, or a file",
    )
    parser.add_argument(
        "--table", metavar="NAME", help="the table of accounts, where it has another name"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing, and say what would happen"
    )
    parser.add_argument(
        "--with-admins",
        action="store_true",
        help="give superusers, and whom a file says so, the role admin",
    )
    parser.add_argument(
        "--map", metavar="FILE", type=Path, help="write the old id and the subject of each account"
    )


IMPORT = Verb(
    what="Add the accounts of another system, with the hashes of their passwords.",
    run=_import,
    arguments=_arguments,
)
