"""Megabytes of credentials in a million requests."""

from ..contender import Contender
from ..row import Row
from . import request_bytes

MILLION = 1_000_000


def _measure(contender: Contender) -> float:
    return round(request_bytes.measure(contender) * MILLION / 1e6, 1)


ROW = Row(
    id="million-megabytes",
    topic="Bandwidth",
    unit="MB",
    title="Credentials of a million requests",
    explained="A busy site gets a million requests in an afternoon."
    " Their credentials alone add up to this.",
    how="request-bytes times 1,000,000, at 1,000,000 bytes to the MB.",
    measure=_measure,
    arithmetic=True,
)
