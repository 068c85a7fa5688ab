"""Time from a lock to the last acceptance."""

from ..contender import Contender
from ..endings import last_acceptance
from ..row import Row, Value


def _measure(contender: Contender) -> Value:
    return last_acceptance(contender, "lock", lambda subject: {"subject": subject})


ROW = Row(
    id="lock",
    topic="Control",
    unit="ms",
    title="From a lock to the last acceptance",
    explained="Somebody calls the bank, and the account is locked while a thief uses it at every"
    " process. This is how long any of them still answers the thief.",
    how="Four processes are asked without pause with one credential, from the sending of the lock"
    " to the last good answer of any; the worst of the rounds. A plain JWT ends by its own time:"
    " the processes' clocks are put forward to its last seconds, and that end is waited for.",
    measure=_measure,
)
