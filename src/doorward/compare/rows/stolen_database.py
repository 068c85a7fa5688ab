"""Accounts that a thief of the database can use."""

import re
from base64 import b64encode
from collections.abc import Iterator

from ...attack.forge import decode, encode
from ...attack.stolen import stored
from ...tokens import SECRET_BYTES, SESSION_PREFIX, mint_session_token, parse_session_token
from ..client import Client
from ..contender import Contender
from ..row import Row
from .visible import credential_of

MOST = 4000
"""Characters of the longest value that is tried as a credential."""

WRITTEN = re.compile(r"(?<![\w-])(?:[0-9a-f]{64}|[\w-]{43})(?![\w-])")
"""32 bytes, as they are written in a text."""


def _measure(contender: Contender) -> int:
    if not contender.url:
        return 0
    login = contender.log_in()
    values = stored(contender.url)
    name = next(iter(login.cookies))
    opened = set()
    with Client(contender.cluster.ports[0]) as client:
        for text in _texts(values) | completed(credential_of(login), values):
            for headers in ({"Cookie": f"{name}={text}"}, {"Authorization": f"Bearer {text}"}):
                answer = client.send("GET", "/me", headers)
                if answer.status == 200:
                    opened.add(answer.json()["subject"])
    return len(opened)


def completed(own: str, values: list[str | bytes]) -> set[str]:
    """The session token of a login with each stored value that could be its secret: only these
    show whether Doorward stores the secret itself, for no token is stored as a whole."""
    if not own.startswith(SESSION_PREFIX):
        return set()
    sid = parse_session_token(own).sid
    return {mint_session_token(sid, secret) for value in values for secret in _secrets(value)}


def _secrets(value: str | bytes) -> Iterator[bytes]:
    if isinstance(value, bytes):
        if len(value) == SECRET_BYTES:
            yield value
        value = value.decode("latin-1")
    for text in WRITTEN.findall(value):
        yield bytes.fromhex(text) if len(text) == 2 * SECRET_BYTES else decode(text)


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
    how="Every value of the store is sent to the application as a cookie, as Bearer and as the"
    " secret of a Doorward session token; how many different people it was accepted for.",
    measure=_measure,
)
