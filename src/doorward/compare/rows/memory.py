"""Memory that authentication adds to a process."""

from statistics import median

from ..contender import Contender
from ..row import Row


def _measure(contender: Contender) -> float | None:
    if contender.bare is None:
        return None
    own, bare = (
        median(work.memory for work in each.work[1]) for each in (contender, contender.bare)
    )
    return round((own - bare) / 2**20, 1)


ROW = Row(
    id="memory",
    topic="Upkeep",
    unit="MiB",
    title="Memory added to a process",
    explained="A server process with authentication holds this much more memory than the bare"
    " application. Most of it is code and drivers.",
    how="Resident memory of one process after a load, less that of the bare application, which has"
    " also checked a password; median of the rounds.",
    measure=_measure,
)
