"""What a third party can check."""

import json

from ...keys import verify_jws
from ..caller import Unusable
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
        return "needs the secret, and could then sign as well"
    json.loads(verify_jws(credential, keys))
    return "checks by itself, with the public key; sees no lock until the token expires"


ROW = Row(
    id="third-party",
    topic="Platforms",
    unit="text",
    title="For another service",
    explained="Another service can check a signed token by itself if the key that checks is not the"
    " key that signs. It then learns nothing of what is decided before the token expires.",
    how="The published keys of the application against the token of a real login.",
    measure=_measure,
)
