"""The latency that one request in a hundred exceeds."""

from ..contender import Contender
from ..row import Row
from .latency_p50 import percentile


def _measure(contender: Contender) -> float:
    return percentile(contender, 0.99)


ROW = Row(
    id="latency-p99",
    topic="Latency",
    unit="ms",
    title="Request latency, p99",
    explained="One request in a hundred takes longer than this."
    " Of pages that send fifty requests, 40 % have at least one that is this slow.",
    how="As latency-p50.",
    measure=_measure,
)
