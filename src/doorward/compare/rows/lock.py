"""Time from a lock to the last acceptance."""

from ..contender import Contender
from ..endings import last_acceptance
from ..row import Row, Value


def _measure(contender: Contender) -> Value:
    return last_acceptance(contender, "lock", lambda decided: {"subject": decided})


ROW = Row(
    id="lock",
    topic="Control",
    unit="ms",
    title="From lock to last acceptance",
    explained="An account is locked while it is in use at every process at once."
    " This is how long any of them still answers its requests.",
    how="every process is asked without pause with one credential; from the sending of the lock to"
    " the arrival of the last good answer; the worst of several locks",
    measure=_measure,
)
