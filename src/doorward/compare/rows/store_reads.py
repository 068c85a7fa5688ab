"""Calls of the store per request."""

from ..contender import Contender
from ..row import Row


def asked(contender: Contender) -> float:
    """Calls per request under load, one process."""
    works = contender.work[1]
    calls = sum(sum(work.asked.values()) for work in works)
    return calls / sum(len(work.answers.took) for work in works)


def _measure(contender: Contender) -> float:
    return round(asked(contender), 4)


ROW = Row(
    id="store-reads",
    topic="Work per request",
    unit="calls",
    title="Store calls per request",
    explained="Whoever looks a session up at each request loads the store with every request."
    " Doorward remembers what it checked and follows what changes.",
    how="Calls of the store counted by the application under load, divided by the requests. On"
    " SQLite the question whether the file changed, which reads no row, is not counted.",
    measure=_measure,
)
