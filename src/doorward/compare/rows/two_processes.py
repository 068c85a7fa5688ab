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
    title="With 2 processes",
    explained="Two processes behind one address share one store, and each takes any client."
    " More processes than cores add nothing: the number of cores stands with the machine.",
    how="As one-process; the system spreads the connections over the processes.",
    measure=_measure,
)
