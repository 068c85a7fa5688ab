"""How long a stolen credential works after its owner logged out."""

from ..caller import OWN_PAGE
from ..contender import Contender
from ..row import Row
from .stolen_credential import lifetime


def _measure(contender: Contender) -> int:
    login = contender.log_in()
    contender.call("POST", "/logout", {**OWN_PAGE, **login.headers()})
    return lifetime(contender) if contender.me(login.headers()).status == 200 else 0


ROW = Row(
    id="after-logout",
    topic="Theft",
    unit="s",
    title="After its owner logged out",
    explained="People log out to be safe."
    " This is how long a copy of their credential still works after that.",
    how="A real logout, then a request with the credential from before: 0 if it is refused, else"
    " stolen-credential.",
    measure=_measure,
)
