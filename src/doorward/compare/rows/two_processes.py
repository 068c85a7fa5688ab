"""Requests per second of two processes."""

from ..contender import Contender
from ..row import Row
from .one_process import rate


def _measure(contender: Contender) -> int | None:
    return rate(contender, 2)


ROW = Row(
    id="two-processes",
    topic="Scaling",
    unit="requests/s",
    title="Throughput of 2 processes",
    explained="Two processes behind one address share one store, and each serves every client."
    " More processes than cores add nothing, and the client needs a core too.",
    how="As one-process, but in one round; the system spreads the connections over the processes.",
    measure=_measure,
)
