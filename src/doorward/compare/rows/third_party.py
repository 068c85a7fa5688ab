"""Whether another service can check a credential by itself."""

import json

from ...keys import verify_jws
from ..client import Unusable
from ..contender import Contender
from ..row import Row
from .visible import claims


def _measure(contender: Contender) -> str:
    try:
        credential = contender.log_in(transport="bearer").bearer
    except Unusable:
        return "asks the server each time"
    if not claims(credential):
        return "asks the server each time"
    keys = contender.call("GET", "/keys").json()
    if not keys["keys"]:
        return "needs the secret, with which it can also sign"
    json.loads(verify_jws(credential, keys))
    return "checks with the public key; learns of no lock before the token expires"


ROW = Row(
    id="third-party",
    topic="Platforms",
    unit="text",
    title="Check by another service",
    explained="Another service can check a signed token by itself, with a public key that cannot"
    " sign. It learns of no lock before the token expires.",
    how="The token of a real login is checked with the published keys of the application.",
    measure=_measure,
)
