"""Time from a role change to the last answer with the old role."""

from ..contender import Contender
from ..propagation import last_acceptance
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
    title="Time from a role change to the last old role",
    explained="An administrator loses the role while logged in."
    " This is how long any process still answers with the old role.",
    how="As lock, but an answer counts while it names the old role.",
    measure=_measure,
)
