"""Proofs that a client holds the key which a token is bound to: DPoP (RFC 9449).

A proof is good for one request.  Whoever reads one also remembers it for `REMEMBERED` seconds and
refuses it a second time, because a proof that was read on its way is as good as new.
"""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from .claims import a_text, a_time, decoded
from .errors import Reason, Rejected
from .keys import base64url, verify_key_proof
from .settings import CLOCK_SKEW, MINUTE

ALGORITHMS = ("ES256", "EdDSA", "RS256")
"""What proofs may be signed with, as metadata name it."""

LIFETIME = MINUTE
"""Seconds for which a proof is good, beside the difference of two clocks."""

REMEMBERED = LIFETIME + 2 * CLOCK_SKEW
"""Seconds for which a proof could be shown again."""

LONGEST_PROOF, LONGEST_JTI = 4096, 256


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that is good for this request.  `jkt` is the thumbprint of the key, `id` tells this
    proof from all others of any key."""

    jkt: str
    id: str


def read_proof(proof: str, *, method: str, uri: str, at: int, token: str = "") -> Proof:
    """What a `DPoP` header proves for a request of this method to `uri`, with an access token if
    one is shown beside it (section 4.3).

    Raises `Rejected`: `malformed` also for another request or token, `bad_signature`, `expired`
    also for a proof from the future.
    """
    if len(proof) > LONGEST_PROOF:
        raise Rejected(Reason.MALFORMED, "a long proof")
    payload, jkt = verify_key_proof(proof, "dpop+jwt")
    claims = decoded(payload, "proof")
    try:
        jti, made = a_text(claims["jti"]), a_time(claims["iat"])
        same = claims["htm"] == method and _without_query(a_text(claims["htu"])) == uri
        if token and claims["ath"] != _hashed(token):
            raise ValueError("ath")
    except (KeyError, TypeError, ValueError) as error:
        raise Rejected(Reason.MALFORMED, f"proof claims: {error}") from None
    if not same or not 0 < len(jti) <= LONGEST_JTI:
        raise Rejected(Reason.MALFORMED, "a proof for another request, or without a name")
    if not made - CLOCK_SKEW <= at < made + LIFETIME + CLOCK_SKEW:
        raise Rejected(Reason.EXPIRED)
    return Proof(jkt, sha256(f"{jkt}:{jti}".encode("utf-8", "replace")).hexdigest())


def _without_query(uri: str) -> str:
    """Section 4.3, with the scheme and host in any case and the port that a scheme means left out
    (RFC 3986 section 6.2)."""
    parts = urlsplit(uri)
    host = parts.netloc.lower().removesuffix({"https": ":443", "http": ":80"}.get(parts.scheme, ""))
    return f"{parts.scheme}://{host}{parts.path or '/'}"


def _hashed(token: str) -> str:
    return base64url.encode(sha256(token.encode()).digest()).decode()
