"""Memory of a process."""

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
    title="Added to a process",
    explained="This is the memory that one server process holds more than the application that asks"
    " nobody who they are. Code and drivers are most of it.",
    how="Resident memory of one process after a load, less that of the bare application, which"
    " has checked a password too; median of the rounds.",
    measure=_measure,
)
