"""The result as a table of text, and as JSON."""

from collections.abc import Sequence
from typing import Any

from .row import Row, Value
from .run import Run

TEXT = "text"
"""The unit of a row whose values are words."""


def table(run: Run) -> str:
    """A table of the numeric rows for each store, the rows in words, and the machine."""
    numbers = [row for row in run.rows if row.unit != TEXT]
    words = [row for row in run.rows if row.unit == TEXT]
    lines = [line for columns in _by_store(run) for line in (*_numbers(run, numbers, columns), "")]
    lines += [line for row in words for line in _words(run, row)]
    return "\n".join([*lines, "", *_about(run)]) + "\n"


def _by_store(run: Run) -> list[list[str]]:
    """The columns of each store, each time with the columns that have no store."""
    stores = dict.fromkeys(column.partition(" @ ")[2] for column in run.columns)
    return [
        [column for column in run.columns if column.endswith((f" @ {store}", " @ none"))]
        for store in stores
        if store != "none"
    ]


def as_json(run: Run) -> dict[str, Any]:
    """The document that `--json` prints."""
    rows = [{"id": row.id, "unit": row.unit, "values": run.values[row.id]} for row in run.rows]
    return {"machine": run.machine, "rows": rows}


def shown(value: Value) -> str:
    """A value as text for people."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:,}"


def _numbers(run: Run, rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    lines = [["", *map(heading, columns)]]
    for row in rows:
        head = f"{row.title}, {row.unit}" + (" *" if row.arithmetic else "")
        lines.append([head, *(shown(run.values[row.id].get(each)) for each in columns)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    ]
    return [aligned[0], *_under_topics(rows, aligned[1:])]


def _under_topics(rows: Sequence[Row], lines: Sequence[str]) -> list[str]:
    found, topic = [], ""
    for row, line in zip(rows, lines, strict=True):
        if row.topic != topic:
            topic = row.topic
            found += ["", topic.upper()]
        found.append(line)
    return found


def heading(column: str) -> str:
    """A column as readers know it: plain JWTs have no store."""
    return column.removesuffix(" @ none")


def texts(run: Run, row: Row) -> list[tuple[str, str]]:
    """Each distinct text of a row, after the columns that have it."""
    said: dict[str, list[str]] = {}
    for column in run.columns:
        said.setdefault(shown(run.values[row.id].get(column)), []).append(column)
    return [(", ".join(_kinds(run, columns)), text) for text, columns in said.items()]


def _words(run: Run, row: Row) -> list[str]:
    return ["", f"{row.topic.upper()}: {row.title}"] + [
        f"  {columns}: {text}" for columns, text in texts(run, row)
    ]


def _kinds(run: Run, columns: Sequence[str]) -> list[str]:
    """The columns; those of a kind at all its stores are shortened to the kind."""
    whole = [
        kind
        for kind in dict.fromkeys(column.partition(" @ ")[0] for column in columns)
        if all(each in columns for each in run.columns if each.startswith(f"{kind} @ "))
    ]
    rest = [column for column in columns if column.partition(" @ ")[0] not in whole]
    return whole + rest


def _about(run: Run) -> list[str]:
    machine = run.machine
    cores, load = machine["cores"], machine["load"]
    return [
        f"{machine['at']}, {machine['processor']}, {cores} cores, load {load} at the start",
        "* arithmetic from measured rows. `doorward compare --html FILE` explains each row.",
    ]
