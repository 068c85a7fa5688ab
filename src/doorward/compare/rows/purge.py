"""The time to delete ended logins."""

from ..contender import Contender
from ..propagation import put_forward
from ..row import Row

LATER = 40 * 86400
"""Seconds after which every login of the run has ended and may be deleted."""


def _measure(contender: Contender) -> float | None:
    if not contender.url:
        return None
    with put_forward(contender, LATER):
        done = contender.call("POST", "/purge").json()
    return round(done["seconds"] / done["gone"] * 1e6, 1) if done["gone"] else None


ROW = Row(
    id="purge",
    topic="Upkeep",
    unit="ms",
    title="Purge of 1,000 ended logins",
    explained="A background task deletes the rows of ended logins in small steps."
    " Plain JWTs have no rows, and plain sessions in Redis expire by themselves.",
    how="The clocks are put forward by 40 days, then one process purges every login of the run.",
    measure=_measure,
    last=True,
)
