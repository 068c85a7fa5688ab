"""What it costs to delete dead logins."""

from ..contender import Contender
from ..endings import put_forward
from ..row import Row

LATER = 40 * 86400
"""Seconds after which every login of the run is long dead."""


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
    title="To purge 1,000 dead logins",
    explained="Rows of logins that ended are deleted in the background, in small steps."
    " What is never stored, or expires by itself, needs no purge.",
    how="The processes' clocks are put forward by 40 days, and one purges all that stored-bytes and"
    " the other rows left.",
    measure=_measure,
    last=True,
)
