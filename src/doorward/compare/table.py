"""The result as a table of text, and as JSON."""

from typing import Any

from .row import Row, Value
from .run import Run


def table(run: Run) -> str:
    """Rows under their topics, one column for each kind and store, and the machine."""
    width = max(len(_head(row)) for row in run.rows)
    widths = [
        max(len(column), *(len(shown(run.values[row.id].get(column))) for row in run.rows))
        for column in run.columns
    ]
    heads = [column.rjust(size) for column, size in zip(run.columns, widths, strict=True)]
    lines = ["  ".join(["".ljust(width), *heads]).rstrip()]
    topic = ""
    for row in run.rows:
        if row.topic != topic:
            topic = row.topic
            lines += ["", topic]
        cells = [
            shown(run.values[row.id].get(column)).rjust(size)
            for column, size in zip(run.columns, widths, strict=True)
        ]
        lines.append("  ".join([_head(row).ljust(width), *cells]).rstrip())
    return "\n".join([*lines, "", *_about(run.machine)]) + "\n"


def as_json(run: Run) -> dict[str, Any]:
    """The document of `--json`."""
    rows = [{"id": row.id, "unit": row.unit, "values": run.values[row.id]} for row in run.rows]
    return {"machine": run.machine, "rows": rows}


def shown(value: Value) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:,}"


def _head(row: Row) -> str:
    return f"  {row.title}, {row.unit}" + (" *" if row.arithmetic else "")


def _about(machine: dict[str, Any]) -> list[str]:
    return [
        f"{machine['at']}, {machine['processor']}, {machine['cores']} cores,"
        f" load {machine['load']}, Python {machine['python']}",
        "* arithmetic from measured rows",
    ]
