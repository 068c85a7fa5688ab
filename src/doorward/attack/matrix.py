"""The result as a table of text, and as JSON."""

from collections.abc import Sequence
from typing import Any

from .runner import Row, Run

ERROR = "ERROR"


def matrix(run: Run) -> str:
    """Attack by mode, then a sentence for each that did not simply hold."""
    modes = list(dict.fromkeys(row.mode for row in run.rows))
    ids = list(dict.fromkeys(row.attack.id for row in run.rows))
    cells = {(row.attack.id, row.mode): _word(row) for row in run.rows}
    table = [["attack", *modes], *([id, *(cells.get((id, m), "") for m in modes)] for id in ids)]
    notes = [
        f"{row.attack.id} in {row.mode}: {_word(row)}. {_why(row)}"
        for row in run.rows
        if _word(row) != "held"
    ]
    return "\n".join([*_columns(table), "", *notes, _sum(run), *_left(run)]) + "\n"


def as_json(run: Run) -> dict[str, Any]:
    """The document of `--json`; `errors` is there only if an attack broke down."""
    attacks = [
        {
            "id": row.attack.id,
            "mode": row.mode,
            "verdict": row.verdict.outcome,
            "seconds": row.seconds,
            "why": row.verdict.why,
        }
        for row in run.rows
        if row.verdict
    ]
    errors = [{"id": r.attack.id, "mode": r.mode, "why": r.error} for r in run.errors]
    document: dict[str, Any] = {"attacks": attacks, "succeeded": len(run.succeeded)}
    if errors:
        document["errors"] = errors
    if run.accounts:
        document["accounts"] = run.accounts
    return document


def _word(row: Row) -> str:
    return row.verdict.outcome.replace("_", " ") if row.verdict else ERROR


def _why(row: Row) -> str:
    return row.verdict.why if row.verdict else row.error


def _columns(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _sum(run: Run) -> str:
    seconds = sum(row.seconds for row in run.rows)
    broken = f", {len(run.errors)} broke down" if run.errors else ""
    return f"{len(run.succeeded)} of {len(run.rows)} succeeded{broken}, {seconds:.1f} s"


def _left(run: Run) -> list[str]:
    return [f"Accounts left behind: {', '.join(run.accounts)}"] if run.accounts else []
