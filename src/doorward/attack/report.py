"""The result as one self-contained HTML page."""

from collections import Counter

from ..report.page import templates_of
from .runner import Row, Run

SHOWN = 24
"""How many exchanges of a row are shown: the last ones, because the last decided."""

_TEMPLATES = templates_of("doorward.attack")


def report(run: Run, title: str) -> str:
    """The stories, the verdicts, and the last requests and answers, with secrets shortened."""
    modes = list(dict.fromkeys(row.mode for row in run.rows))
    attacks = list(dict.fromkeys(row.attack for row in run.rows))
    rows = {(row.attack.id, row.mode): row for row in run.rows}
    counted = Counter(word(row) for row in run.rows)
    page = _TEMPLATES.get_template("report.html")
    return page.render(
        run=run,
        title=title,
        modes=modes,
        attacks=attacks,
        rows=rows,
        counted=counted,
        word=word,
        shown=SHOWN,
    )


def word(row: Row) -> str:
    """The verdict, as a reader sees it; an attack that broke down has none."""
    return row.verdict.outcome.replace("_", " ") if row.verdict else "broke down"
