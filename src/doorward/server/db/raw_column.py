"""A column as the bytes that are stored, in every database."""

from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class Raw(ColumnElement[bytes]):
    """What a column holds, in bytes: a text in UTF-8, a number in decimal."""

    inherit_cache = True
    type = LargeBinary()

    def __init__(self, column: Column[Any]) -> None:
        self.column = column


@compiles(Raw, "sqlite")
def _in_sqlite(raw: Raw, compiler: SQLCompiler, **options: Any) -> str:
    # whatever its type: SQLite checks none, and somebody may have put in another
    return f"CAST({compiler.process(raw.column, **options)} AS BLOB)"


@compiles(Raw, "postgresql")
def _in_postgres(raw: Raw, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(raw.column, **options)
    if isinstance(raw.column.type, LargeBinary):
        return column
    return f"convert_to(CAST({column} AS TEXT), 'UTF8')"
