"""Bytes that say who it is, in each request."""

from ..contender import Contender
from ..row import Row


def carried(headers: dict[str, str]) -> int:
    """Bytes of these header lines on the wire."""
    return sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items())


def measure(contender: Contender) -> int:
    return carried(contender.log_in().headers())


ROW = Row(
    id="request-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Carried by each request",
    explained="Every request says again who sends it, in a cookie or in an Authorization header."
    " A longer line costs bandwidth each time, most of all on the slow way up from a phone.",
    how="Length of the header lines after a real login with one role: a cookie where the"
    " application sets one, else Authorization.",
    measure=measure,
)
