"""How long a request takes, usually."""

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
    title="A request, p50",
    explained="Half of all requests take at most this long when nobody waits for another."
    " The way through the network comes on top.",
    how="One connection that asks again as soon as it is answered; median of interleaved rounds.",
    measure=_measure,
)
