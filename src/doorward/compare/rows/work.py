"""CPU time that authentication adds to a request."""

from ..contender import Contender
from ..row import Row


def cpu_of(contender: Contender) -> float:
    """The least of the rounds with one process, in microseconds, because other work on the machine
    only adds to it."""
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
    explained="Authentication adds this processor time to a request. At 1,000 us a request, one"
    " core answers 1,000 requests a second.",
    how="CPU time of one server process per request under load, less that of the bare application,"
    " which asks nobody who they are; for each, the least of the interleaved rounds.",
    measure=_measure,
)
