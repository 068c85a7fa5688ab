"""The result as a table of text, and as JSON."""

from collections.abc import Sequence
from typing import Any

from .runner import Row, Run

ERROR = "ERROR"
ORDER = ("detected", "succeeded", ERROR)


def matrix(run: Run) -> str:
    """A table of attacks by mode for each store, then the reasons why attacks were not tried, then
    a sentence for each attack that was noticed, succeeded or broke down."""
    stores = list(dict.fromkeys(_store(row) for row in run.rows))
    tables = [_table([row for row in run.rows if _store(row) == store]) for store in stores]
    lines = "\n\n".join("\n".join(_columns(table)) for table in tables)
    notes = [*_not_tried(run), *_notes(run), _sum(run), *_left(run)]
    return "\n".join([lines, "", *notes]) + "\n"


def _store(row: Row) -> str:
    return row.mode.partition(" @ ")[2]


def _table(rows: Sequence[Row]) -> list[list[str]]:
    modes = list(dict.fromkeys(row.mode for row in rows))
    ids = list(dict.fromkeys(row.attack.id for row in rows))
    cells = {(row.attack.id, row.mode): _word(row) for row in rows}
    return [["attack", *modes], *([id, *(cells.get((id, m), "") for m in modes)] for id in ids)]


def _notes(run: Run) -> list[str]:
    """Modes with the same sentence share one note.  Successes come last, just above the sum."""
    said: dict[tuple[str, str, str], list[str]] = {}
    for row in run.tried:
        if _word(row) != "held":
            said.setdefault((row.attack.id, _word(row), _why(row)), []).append(row.mode)
    notes = [
        (word, f"{id}: {word} in {', '.join(m)}. {why}") for (id, word, why), m in said.items()
    ]
    return [note for _, note in sorted(notes, key=lambda pair: ORDER.index(pair[0]))]


def _not_tried(run: Run) -> list[str]:
    """Each reason once, with the attacks that were not tried for it."""
    ids: dict[str, dict[str, None]] = {}
    for row in run.rows:
        if not row.tried:
            ids.setdefault(_why(row), {})[row.attack.id] = None
    return [f"not applicable: {why} ({', '.join(those)})" for why, those in ids.items()]


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
    why = row.verdict.why if row.verdict else row.error
    return " ".join(why.split())  # an answer that it quotes begins no line


def _columns(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _sum(run: Run) -> str:
    seconds = sum(row.seconds for row in run.rows)
    broken = f", {len(run.errors)} broke down" if run.errors else ""
    others = len(run.rows) - len(run.tried)
    rest = f", {others} not applicable" if others else ""
    return f"{len(run.succeeded)} of {len(run.tried)} succeeded{broken}{rest}, {seconds:.1f} s"


def _left(run: Run) -> list[str]:
    if not run.accounts:
        return []
    return [
        "These accounts were created; `doorward users delete` deletes one at a time:",
        *run.accounts,
    ]
