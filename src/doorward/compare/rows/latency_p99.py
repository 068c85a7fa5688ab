"""How long a request takes, seldom."""

from ..contender import Contender
from ..row import Row
from .latency_p50 import percentile


def _measure(contender: Contender) -> float:
    return percentile(contender, 0.99)


ROW = Row(
    id="latency-p99",
    topic="Latency",
    unit="ms",
    title="A request, p99",
    explained="One request in a hundred takes longer than this. A page of fifty requests meets"
    " that every second time.",
    how="As latency-p50.",
    measure=_measure,
)
