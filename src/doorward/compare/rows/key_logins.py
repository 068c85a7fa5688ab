"""The share of people who must log in again after the recovery from a stolen key."""

from ..contender import Contender
from ..recovery import recovery
from ..row import Row


def _measure(contender: Contender) -> float:
    return recovery(contender).percent


ROW = Row(
    id="key-logins",
    topic="Stolen key",
    unit="%",
    title="People logged out by that recovery",
    explained="A withdrawn key ends the access tokens that it signed, but a refresh token still"
    " gets a new one. With plain JWTs there is no refresh token, so everybody must log in again.",
    how="Five people log in before key-recovery; the share of them who need their password after"
    " it. Sessions have no signing key, so nobody is logged out.",
    measure=_measure,
    last=True,
)
