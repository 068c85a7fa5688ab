"""HS256: HMAC with SHA-256 under a shared secret (RFC 7518 section 3.2).  Verified, never issued:
whoever can check such a token can also make one."""

import hmac
from collections.abc import Callable, Mapping

from ..errors import Reason, Rejected
from . import base64url

_SHORTEST = 32


def verifier(jwk: Mapping[str, object]) -> Callable[[bytes, bytes], bool]:
    """Raises `Rejected` as malformed for a secret shorter than the hash, 32 bytes."""
    secret = base64url.member(jwk, "k")
    if len(secret) < _SHORTEST:
        raise Rejected(Reason.MALFORMED, "an HS256 secret has at least 32 bytes")

    def verify(signature: bytes, message: bytes) -> bool:
        return hmac.compare_digest(signature, hmac.digest(secret, message, "sha256"))

    return verify
