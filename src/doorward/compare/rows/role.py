"""Time from a role change to the last answer with the old role."""

from ..contender import Contender
from ..endings import last_acceptance
from ..row import Row, Value

OLD, NEW = "reader", "suspended"


def _measure(contender: Contender) -> Value:
    def decided(subject: str) -> dict[str, object]:
        return {"subject": subject, "roles": [NEW]}

    return last_acceptance(contender, "roles", decided, f'"{OLD}"')


ROW = Row(
    id="role",
    topic="Control",
    unit="ms",
    title="From a role change to the last old role",
    explained="An administrator loses the role while they are logged in."
    " This is how long any process still takes them for an administrator.",
    how="As lock; answers are read for the role that was taken away.",
    measure=_measure,
)
