"""Accounts that a thief of the database can use."""

from base64 import b64encode

from ...attack.forge import encode
from ...attack.stolen import stored
from ..client import Client
from ..contender import Contender
from ..row import Row

MOST = 4000
"""Characters of the longest value that is tried as a credential."""


def _measure(contender: Contender) -> int:
    if not contender.url:
        return 0
    login = contender.log_in()
    name = next(iter(login.cookies))
    opened = set()
    with Client(contender.cluster.ports[0]) as client:
        for text in _texts(stored(contender.url)):
            for headers in ({"Cookie": f"{name}={text}"}, {"Authorization": f"Bearer {text}"}):
                answer = client.send("GET", "/me", headers)
                if answer.status == 200:
                    opened.add(answer.json()["subject"])
    return len(opened)


def _texts(values: list[str | bytes]) -> set[str]:
    """The stored values in every form in which a client could send them."""
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
    explained="A thief of a backup or a disk reads every stored value."
    " A credential that is stored in clear opens its account; a hash opens none.",
    how="Every value of the store is sent to the application as a cookie and as Bearer; how many"
    " different people it was accepted for.",
    measure=_measure,
)
