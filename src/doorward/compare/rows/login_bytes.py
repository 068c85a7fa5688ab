"""Bytes of the credential in the answer to a login."""

from ..contender import Contender
from ..row import Row


def set_cookie_bytes(cookies: list[str]) -> int:
    """Bytes of these Set-Cookie lines on the wire."""
    return sum(len(f"Set-Cookie: {cookie}\r\n") for cookie in cookies)


def _measure(contender: Contender) -> int:
    answer = contender.log_in().answer
    return set_cookie_bytes(answer.all("set-cookie")) or len(answer.body)


ROW = Row(
    id="login-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Credential in the answer to a login",
    explained="The answer to a login gives the client its credential."
    " Later answers do not repeat it.",
    how="Length of the Set-Cookie lines of a real login, or of its JSON if it sets no cookie.",
    measure=_measure,
)
