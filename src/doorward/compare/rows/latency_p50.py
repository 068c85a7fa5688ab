"""The median latency of a request."""

from statistics import median

from ..contender import Contender
from ..row import Row


def percentile(contender: Contender, part: float) -> float:
    """Milliseconds, the median of the rounds."""
    return round(median(each.percentile(part) for each in contender.alone) * 1000, 3)


def _measure(contender: Contender) -> float:
    return percentile(contender, 0.5)


ROW = Row(
    id="latency-p50",
    topic="Latency",
    unit="ms",
    title="Request latency, p50",
    explained="Half of all requests take at most this long when the server has nothing else to do."
    " The network adds its own delay.",
    how="One connection that sends its next request after each answer; median of the interleaved"
    " rounds.",
    measure=_measure,
)
