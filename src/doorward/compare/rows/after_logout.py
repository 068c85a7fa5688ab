"""How long a stolen credential works after the logout of its owner."""

from ..client import OWN_PAGE
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
    title="Life of a stolen credential after logout",
    explained="The owner logs out after the credential was copied."
    " This is how long the copy still works.",
    how="A real logout, then a request with the old credential: 0 if it is refused, else the value"
    " of stolen-credential.",
    measure=_measure,
)
