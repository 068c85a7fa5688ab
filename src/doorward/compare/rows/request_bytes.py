"""Bytes of the credential in each request."""

from ..contender import Contender
from ..row import Row


def header_bytes(headers: dict[str, str]) -> int:
    """Bytes of these header lines on the wire."""
    return sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items())


def measure(contender: Contender) -> int:
    return header_bytes(contender.log_in().headers())


ROW = Row(
    id="request-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Credential in each request",
    explained="Every request carries the credential, in a cookie or in an Authorization header."
    " Longer headers cost most where the uplink is slow, as on a phone.",
    how="Length of the header lines after a real login with one role: the cookies if the login set"
    " any, else Authorization.",
    measure=measure,
)
