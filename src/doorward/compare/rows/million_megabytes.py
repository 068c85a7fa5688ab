"""Megabytes that a million requests carry."""

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
    title="Carried by a million requests",
    explained="A busy page sends a million requests in an afternoon. This is what they carry beyond"
    " what they ask for.",
    how="request-bytes times 1,000,000, at 1,000,000 bytes to the MB.",
    measure=_measure,
    arithmetic=True,
)
