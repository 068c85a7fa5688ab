"""What a stranger reads in a credential."""

import json

from ...attack.forge import decode
from ..contender import Contender, Login
from ..row import Row


def claims(credential: str) -> dict[str, object]:
    """What stands in it in plain sight; empty where that is nothing."""
    try:
        found = json.loads(decode(credential.split(".")[1]))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def credential_of(login: Login) -> str:
    """The text that a request shows, without a refresh token."""
    shown = [value for name, value in login.cookies.items() if "refresh" not in name]
    return login.bearer or max(shown, key=len)


def _measure(contender: Contender) -> str:
    return ", ".join(sorted(claims(credential_of(contender.log_in())))) or "nothing"


ROW = Row(
    id="visible",
    topic="Visibility",
    unit="text",
    title="Read by a stranger in the credential",
    explained="A JWT is signed, not encrypted: whoever sees it reads what it says."
    " A session id is a random number.",
    how="The credential of a real login, decoded without any key; the names of what it holds.",
    measure=_measure,
)
