"""What the server knows of who is logged in."""

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
    title="Known to the server about a login",
    explained="A server that keeps no record cannot say who is logged in, or where."
    " With a row for each login it can show the list, and end one of them.",
    how="The server is asked where somebody is logged in who just was; the names of what it tells.",
    measure=_measure,
)
