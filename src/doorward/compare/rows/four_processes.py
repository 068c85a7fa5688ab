"""Requests per second of four processes."""

from ..contender import Contender
from ..row import Row
from .one_process import rate


def _measure(contender: Contender) -> int | None:
    return rate(contender, 4)


ROW = Row(
    id="four-processes",
    topic="Scaling",
    unit="requests/s",
    title="Throughput of 4 processes",
    explained="Four processes behind one address share one store."
    " With fewer than five cores, the processes and the client compete for them.",
    how="As one-process, but in one round; the system spreads the connections over the processes.",
    measure=_measure,
)
