"""CPU that auth adds to a request."""

from ..contender import Contender
from ..row import Row


def cpu_of(contender: Contender) -> float:
    """The least of the rounds with one process, in microseconds: whatever else the machine does
    can only add to it."""
    return min(work.cpu_each for work in contender.work[1])


def _measure(contender: Contender) -> float | None:
    if contender.bare is None:
        return None
    return round(cpu_of(contender) - cpu_of(contender.bare), 1)


ROW = Row(
    id="work",
    topic="Work per request",
    unit="us of CPU",
    title="Added to a request",
    explained="This is the processor time that a request costs more because the server asks who"
    " sends it. At 1,000 us a request, one core answers 1,000 requests a second.",
    how="CPU time of one server process per request under load, less that of the same application"
    " that asks nobody who they are; of each the least of the interleaved rounds.",
    measure=_measure,
)
