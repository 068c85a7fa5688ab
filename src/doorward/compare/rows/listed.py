"""The server's record of a login."""

from ..contender import Contender
from ..row import Row


def _measure(contender: Contender) -> str:
    login = contender.log_in()
    found = contender.call("POST", "/listed", data={"subject": login.subject}).json()
    return ", ".join(sorted(found[0])) if found else "nothing"


ROW = Row(
    id="listed",
    topic="Visibility",
    unit="text",
    title="Server's record of a login",
    explained="A server without a record of logins cannot say who is logged in, or where."
    " With a row for each login, it can list them and end any of them.",
    how="Somebody logs in, then the server is asked for their logins; the names of the fields.",
    measure=_measure,
)
