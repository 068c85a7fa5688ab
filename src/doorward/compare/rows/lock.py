"""Time from a lock to the last accepted request."""

from ..contender import Contender
from ..propagation import last_acceptance
from ..row import Row, Value


def _measure(contender: Contender) -> Value:
    return last_acceptance(contender, "lock", lambda subject: {"subject": subject})


ROW = Row(
    id="lock",
    topic="Control",
    unit="ms",
    title="Time from a lock to the last accepted request",
    explained="A thief uses a stolen login at every process when support locks the account."
    " This is how long any process still accepts the thief.",
    how="Every process is asked without pause with one credential, from the request of the lock to"
    " the last accepted one; the worst of the rounds. A plain JWT ends only when it expires: the"
    " clocks are put forward to its last two seconds, and the run waits for those.",
    measure=_measure,
)
