"""Bytes of the Authorization header."""

from ..contender import Contender
from ..row import Row
from .request_bytes import carried


def _measure(contender: Contender) -> int | None:
    if contender.kind == "plain_session":
        return None
    return carried(contender.log_in(transport="bearer").headers())


ROW = Row(
    id="bearer-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="The same as Authorization: Bearer",
    explained="A mobile app or a program sends its credential in a header of its own, and keeps a"
    " refresh token at home. It sends less than a browser, which adds every cookie.",
    how="Length of the Authorization line after a real login by an API client. Plain sessions know"
    " cookies alone.",
    measure=_measure,
)
