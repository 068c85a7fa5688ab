"""Bytes that a login sends back."""

from ..contender import Contender
from ..row import Row


def set_by(cookies: list[str]) -> int:
    """Bytes of these Set-Cookie lines on the wire."""
    return sum(len(f"Set-Cookie: {cookie}\r\n") for cookie in cookies)


def _measure(contender: Contender) -> int:
    answer = contender.log_in().answer
    return set_by(answer.all("set-cookie")) or len(answer.body)


ROW = Row(
    id="login-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Sent back by a login",
    explained="A login hands the credential to the client, once. An ordinary answer afterwards"
    " carries nothing of it.",
    how="Length of the Set-Cookie lines of a real login, or of its JSON where it sets no cookie.",
    measure=_measure,
)
