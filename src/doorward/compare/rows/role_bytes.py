"""Bytes that a role adds to each request."""

from ..contender import Contender
from ..row import Row
from .request_bytes import carried

MANY = 20


def roles(count: int) -> tuple[str, ...]:
    """So many names of twelve letters."""
    return tuple(f"department{number:02}" for number in range(count))


def _measure(contender: Contender) -> float:
    none, many = (carried(contender.log_in(roles=roles(count)).headers()) for count in (0, MANY))
    return round((many - none) / MANY, 1)


ROW = Row(
    id="role-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Added by each role",
    explained="A token carries what somebody may do, a session refers to it."
    " So a token grows with roles and claims.",
    how="Header lines after a login with 20 roles of 12 letters, less those of a login with none,"
    " divided by 20.",
    measure=_measure,
)
