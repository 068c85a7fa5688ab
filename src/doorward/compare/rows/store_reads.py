"""Calls of the store per request."""

from ..contender import Contender
from ..row import Row


def calls_per_request(contender: Contender) -> float:
    """Calls of the store per request, of one process under load."""
    works = contender.work[1]
    calls = sum(work.store_calls for work in works)
    return calls / sum(len(work.answers.took) for work in works)


def _measure(contender: Contender) -> float:
    return round(calls_per_request(contender), 4)


ROW = Row(
    id="store-reads",
    topic="Work per request",
    unit="calls",
    title="Store calls per request",
    explained="A look-up for each request loads the store with every request."
    " Doorward remembers checked credentials and follows the changes of the store.",
    how="Calls of the store under load, counted in the application, divided by the requests. On"
    " SQLite Doorward also asks whether the file changed; that reads no row and is not counted.",
    measure=_measure,
)
