"""The fields of a credential that can be read without a key."""

import json

from ...attack.forge import decode
from ..contender import Contender, Login
from ..row import Row


def claims(credential: str) -> dict[str, object]:
    """The claims of a JWT; empty for a credential of another form."""
    try:
        found = json.loads(decode(credential.split(".")[1]))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def credential_of(login: Login) -> str:
    """The credential that a request carries, without a refresh token."""
    shown = [value for name, value in login.cookies.items() if "refresh" not in name]
    return login.bearer or max(shown, key=len)


def _measure(contender: Contender) -> str:
    return ", ".join(sorted(claims(credential_of(contender.log_in())))) or "nothing"


ROW = Row(
    id="visible",
    topic="Visibility",
    unit="text",
    title="Readable in the credential",
    explained="A JWT is signed but not encrypted, so anybody who sees it can read it."
    " A session id is a random number.",
    how="The credential of a real login is decoded without a key; the names of its fields.",
    measure=_measure,
)
