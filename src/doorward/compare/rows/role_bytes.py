"""Bytes that a role adds to the credential."""

from ..contender import Contender
from ..row import Row
from .request_bytes import header_bytes

MANY = 20


def roles(count: int) -> tuple[str, ...]:
    """Names of roles; the first hundred have 12 characters."""
    return tuple(f"department{number:02}" for number in range(count))


def _measure(contender: Contender) -> float:
    none, many = (
        header_bytes(contender.log_in(roles=roles(count)).headers()) for count in (0, MANY)
    )
    return round((many - none) / MANY, 1)


ROW = Row(
    id="role-bytes",
    topic="Bandwidth",
    unit="bytes",
    title="Credential growth per role",
    explained="A token contains the roles, so it grows with each of them."
    " A session id only refers to a row, which has the roles.",
    how="Length of the header lines after a login with 20 roles of 12 characters, less that after a"
    " login without roles, divided by 20.",
    measure=_measure,
)
