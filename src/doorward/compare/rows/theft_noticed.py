"""How long until the theft of a refresh token is noticed."""

from ..contender import Contender
from ..endings import put_forward
from ..row import Row

TURN = 310
"""Seconds between the refreshes: an access token's life and a little more."""


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
    title="A stolen refresh token is noticed after",
    explained="A thief and the owner both go on with the refresh token of one login."
    " Doorward sees that two hold it, ends the login and tells both devices in its event.",
    how="Thief and owner refresh in turn, every 310 s by the processes' clocks, which are put"
    " forward; from the thief's first refresh to the refusal. Where there is no refresh token, a"
    " copy of the credential shows in the list of logins at most.",
    measure=_measure,
    last=True,
)
