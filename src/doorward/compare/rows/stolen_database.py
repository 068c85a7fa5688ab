"""Accounts that a stolen database opens."""

from base64 import b64encode

from ...attack.forge import encode
from ...attack.stolen import stored
from ..caller import Caller
from ..contender import Contender
from ..row import Row

MOST = 4000
"""Characters of a text that a client could send."""


def _measure(contender: Contender) -> int:
    if not contender.url:
        return 0
    login = contender.log_in()
    name = next(iter(login.cookies))
    opened = set()
    with Caller(contender.cluster.ports[0]) as caller:
        for text in _texts(stored(contender.url)):
            for headers in ({"Cookie": f"{name}={text}"}, {"Authorization": f"Bearer {text}"}):
                answer = caller.send("GET", "/me", headers)
                if answer.status == 200:
                    opened.add(answer.json()["subject"])
    return len(opened)


def _texts(values: list[str | bytes]) -> set[str]:
    """The stored values as a client could send them."""
    found = set[str]()
    for value in values:
        if isinstance(value, bytes):
            found |= {value.hex(), encode(value), b64encode(value).decode()}
            value = value.decode("latin-1")
        if 8 <= len(value) <= MOST and value.isascii() and value.isprintable():
            found.add(value)
    return {text for text in found if not set(text) & set(' ;,"\\{')}


ROW = Row(
    id="stolen-database",
    topic="Stolen database",
    unit="accounts",
    title="Opened by a stolen database",
    explained="A backup, a disk or a reader of the database gets every stored value."
    " What is stored as it is opens the account; what is hashed opens nothing.",
    how="Every value of the store is shown to the application as a cookie and as Bearer;"
    " how many different people it was taken for.",
    measure=_measure,
)
