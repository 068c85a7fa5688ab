"""Accounts that a thief of the key file can use."""

import time
from pathlib import Path

from ...attack.forge import segment
from ...attack.leaked_key import forged_with
from ..contender import Contender
from ..row import Row
from .visible import claims, credential_of


def _measure(contender: Contender) -> str:
    if contender.kind == "plain_session":
        return "there is no key"
    opens = any(
        contender.me({"Authorization": f"Bearer {token}"}).status == 200
        for token in _forged(contender)
    )
    return "every account" if opens else "nothing without the database"


def _forged(contender: Contender) -> list[str]:
    """Tokens for another person, signed with the content of the key file."""
    theirs = claims(credential_of(contender.log_in()))
    payload = segment(theirs | {"sub": "somebody-else", "exp": int(time.time()) + 600})
    spec = contender.cluster.spec
    raw = Path(spec.root_key_file).read_bytes() if contender.ours else spec.secret.encode()
    return forged_with(raw, {"alg": "HS256", "typ": "JWT"}, payload)


ROW = Row(
    id="stolen-key",
    topic="Stolen key",
    unit="text",
    title="Opened by a stolen key file",
    explained="The secret of plain JWTs is in a file or a variable and signs tokens for anybody."
    " Doorward's root key only decrypts the signing keys, which are in the database.",
    how="Tokens for another person, signed with the content of the key file, are sent to the"
    " application. A thief of both key file and database can sign tokens until the keys are"
    " withdrawn.",
    measure=_measure,
)
