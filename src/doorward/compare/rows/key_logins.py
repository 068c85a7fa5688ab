"""Who must log in again after a stolen signing key."""

from ..contender import Contender
from ..recovery import recovery
from ..row import Row


def _measure(contender: Contender) -> float:
    return recovery(contender).percent


ROW = Row(
    id="key-logins",
    topic="Stolen key",
    unit="%",
    title="Must log in again after that",
    explained="A withdrawn key ends access tokens, and a good refresh token gets a new one."
    " Where the token is all there is, everybody is out.",
    how="Five people who were logged in before key-recovery go on without their password, or not.",
    measure=_measure,
    last=True,
)
