"""What a sealed table refuses, in SQL: every statement that would write, with the sentence that was
given, by whoever it comes.  Reads go on.

The same for a store's tables and for those of the server beside it; how the statements are run, and
who is waited for, is left to whoever seals.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import product

from ..errors import StoreMoved, StoreUnavailable

MOVED, BEING_MOVED = "moved to", "being moved to"
"""How the sentence of a seal begins, when all is at the new place and before."""

_VERBS = ("insert", "update", "delete")
_STATE = "DW001"  # of PostgreSQL's errors: none of its own, for a standby refuses writes too
_WORD = "SEALED "  # before what a script of Redis answers
_SAID = re.compile(r"RAISE\(ABORT, '(.*)'\)", re.DOTALL)

FIND_IN_SQLITE = (
    "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name GLOB 'doorward_sealed_*'"
)
FIND_IN_POSTGRES = """
    SELECT tgargs FROM pg_trigger
    WHERE tgname = 'doorward_sealed' AND pg_table_is_visible(tgrelid) LIMIT 1
"""


def closed_in_sqlite(tables: Sequence[str], why: str) -> Iterator[str]:
    """Statements after which `tables` are sealed, also when they were before."""
    yield from opened_in_sqlite(tables)
    for table, verb in product(tables, _VERBS):
        yield (
            f"CREATE TRIGGER {_trigger(table, verb)} BEFORE {verb} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, {_quoted(why)}); END"
        )


def opened_in_sqlite(tables: Sequence[str]) -> Iterator[str]:
    """Statements after which `tables` are not sealed."""
    for table, verb in product(tables, _VERBS):
        yield f"DROP TRIGGER IF EXISTS {_trigger(table, verb)}"


def said_in_sqlite(found: Sequence[str]) -> str | None:
    """The sentence, by what `FIND_IN_SQLITE` answers in its one column; None where nothing is
    sealed."""
    said = _SAID.search(found[0] if found else "")
    return None if said is None else said[1].replace("''", "'")


def is_refusal_of_sqlite(error: BaseException | None) -> bool:
    """Whether a seal refused a row, rather than a row that contradicts it."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_TRIGGER


def closed_in_postgres(tables: Sequence[str], function: str, why: str) -> Iterator[str]:
    """Statements after which `tables` are sealed, by a function of this name, also when they were
    before."""
    yield f"""
        CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION USING ERRCODE = '{_STATE}', MESSAGE = TG_ARGV[0];
        END $$
    """
    for table in tables:
        yield (
            "CREATE OR REPLACE TRIGGER doorward_sealed BEFORE INSERT OR UPDATE OR DELETE OR"
            f" TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}({_quoted(why)})"
        )


def opened_in_postgres(tables: Sequence[str]) -> Iterator[str]:
    """Statements after which `tables` are not sealed."""
    for table in tables:
        yield f"DROP TRIGGER IF EXISTS doorward_sealed ON {table}"


def said_in_postgres(found: Sequence[bytes]) -> str | None:
    """The sentence, by what `FIND_IN_POSTGRES` answers in its one column; None where nothing is
    sealed."""
    return found[0].rstrip(b"\0").decode() if found else None


def failure(error: BaseException, said: str) -> StoreUnavailable:
    """What to raise for what an engine's driver raised: `said` is why, unless a seal refused it."""
    if is_refusal_of_sqlite(error):
        return StoreMoved(str(error))
    if getattr(error, "sqlstate", None) == _STATE:
        return StoreMoved(error.args[0])
    if str(error).startswith(_WORD):
        return StoreMoved(str(error).removeprefix(_WORD))
    return StoreUnavailable(said)


def _trigger(table: str, verb: str) -> str:
    return f"{table.replace('doorward', 'doorward_sealed')}_{verb}"


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))
