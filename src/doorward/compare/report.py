"""The result as one self-contained HTML page."""

from itertools import groupby

from ..report.page import templates_of
from .plot import bars, is_logarithmic
from .run import Run
from .table import TEXT, heading, shown, texts

_TEMPLATES = templates_of("doorward.compare")


def report(run: Run, title: str) -> str:
    """Every row with its explanation, values, a chart and how it was measured."""
    topics = [(topic, list(rows)) for topic, rows in groupby(run.rows, lambda row: row.topic)]
    page = _TEMPLATES.get_template("report.html")
    return page.render(
        run=run,
        title=title,
        topics=topics,
        bars=bars,
        logarithmic=is_logarithmic,
        heading=heading,
        shown=shown,
        text=TEXT,
        texts=texts,
    )
