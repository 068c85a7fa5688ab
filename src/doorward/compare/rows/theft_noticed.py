"""How long until the theft of a refresh token is noticed."""

from ..contender import Contender
from ..propagation import put_forward
from ..row import Row

TURN = 310
"""Seconds between two refreshes: slightly more than the life of an access token."""


def _measure(contender: Contender) -> int | None:
    if contender.kind != "token":
        return None
    stolen = contender.log_in(transport="bearer").refresh
    held = {"thief": stolen, "owner": stolen}
    for turn, who in enumerate(["thief", "owner"] * 3):
        with put_forward(contender, (turn + 1) * TURN):
            given = contender.try_refresh(held[who])
        if given is None:
            return turn * TURN
        held[who] = given or held[who]
    return None


ROW = Row(
    id="theft-noticed",
    topic="Theft",
    unit="s",
    title="Time until a stolen refresh token is noticed",
    explained="A thief and the owner both use the refresh token of one login."
    " If they refresh more than five minutes apart, the next refresh by the displaced one ends the"
    " login, and an event names both devices.",
    how="Thief and owner refresh in turn, every 310 s by clocks that are put forward; the time from"
    " the thief's first refresh to the refusal. The other kinds have no refresh token.",
    measure=_measure,
    last=True,
)
