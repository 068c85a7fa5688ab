"""Bytes stored for each person who is logged in."""

from ..contender import Contender
from ..row import Row
from ..sizes import size

PEOPLE = 1000


def _measure(contender: Contender) -> int:
    if not contender.url:
        return 0
    before = size(contender.url)
    contender.call("POST", f"/fill/{PEOPLE}")
    return round((size(contender.url) - before) / PEOPLE)


ROW = Row(
    id="stored-bytes",
    topic="Upkeep",
    unit="bytes",
    title="Storage per login",
    explained="A login that the server can list and end needs a row in the store."
    " A million logins need a million times this.",
    how="Size of the store after 1,000 logins, less the size before, divided by 1,000.",
    measure=_measure,
    last=True,
)
