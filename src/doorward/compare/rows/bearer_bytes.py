"""Bytes of the Authorization header."""

from ..contender import Contender
from ..row import Row
from .request_bytes import header_bytes


def _measure(contender: Contender) -> int | None:
    if contender.kind == "plain_session":
        return None
    return header_bytes(contender.log_in(transport="bearer").headers())


ROW = Row(
    id="bearer-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Credential in an Authorization header",
    explained="A mobile app or a program sends its credential as Authorization: Bearer. With"
    " Doorward that is less than a browser sends, because a browser adds every cookie.",
    how="Length of the Authorization line after a real login by an API client. Plain sessions have"
    " no such header.",
    measure=_measure,
)
