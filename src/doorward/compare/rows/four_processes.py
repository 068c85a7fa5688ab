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
    title="With 4 processes",
    explained="Four processes behind one address share one store."
    " On a machine with fewer than five cores they also compete with each other and the client.",
    how="As one-process; the system spreads the connections over the processes.",
    measure=_measure,
)
