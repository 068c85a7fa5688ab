"""JSON Web Keys: which algorithm a key is for, how it verifies, and its name.

The algorithm belongs to the key, never to a token's header (RFC 8725 section 3.1).
"""

import json
from collections.abc import Mapping
from hashlib import sha256

from ..errors import Reason, Rejected
from . import base64url
from .algorithm import Verify, verifier

Jwk = Mapping[str, object]

_CURVES: dict[tuple[str, str | None], str] = {
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
_CURVELESS = {"RSA": "RS256", "oct": "HS256"}
# RFC 7638 section 3.2 and RFC 8037 section 2, in the order that a thumbprint hashes them.
_REQUIRED = {
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
    "oct": ("k", "kty"),
}


def algorithm_of(jwk: Jwk) -> str | None:
    """The one algorithm this key may verify with, or None when it is not for that: another kind
    or curve, another `alg`, a `use` that is not `sig`, `key_ops` without `verify`.

    Raises `Rejected` as malformed when one of these members has the wrong type, or `kty` is absent.
    """
    kty, crv = _kty(jwk), _text(jwk, "crv")
    algorithm = _CURVELESS.get(kty) or _CURVES.get((kty, crv))
    if _text(jwk, "alg") not in (None, algorithm):
        return None
    return algorithm if _may_verify(jwk) else None


def kid_of(jwk: Jwk) -> str | None:
    """The name the key carries, if any."""
    return _text(jwk, "kid")


def verifier_of(jwk: Jwk) -> Verify:
    """Raises `Rejected`: unknown for a key that is not for verifying, malformed for a bad one."""
    algorithm = algorithm_of(jwk)
    if algorithm is None:
        raise Rejected(Reason.UNKNOWN, "the key is not for an allowed signature algorithm")
    return verifier(algorithm, jwk)


def thumbprint(jwk: Jwk) -> str:
    """The key's name by its own content: SHA-256 of its required members (RFC 7638, RFC 8037).

    Raises `Rejected` as malformed when one is missing or of an unknown kind.
    """
    members = {name: _text(jwk, name) for name in _REQUIRED.get(_kty(jwk), ())}
    if not members or not all(value and value.isascii() for value in members.values()):
        raise Rejected(Reason.MALFORMED, "the key lacks a member its kind requires")
    canonical = json.dumps(members, separators=(",", ":"))
    return base64url.encode(sha256(canonical.encode()).digest()).decode()


def _kty(jwk: Jwk) -> str:
    kty = _text(jwk, "kty")
    if kty is None:
        raise Rejected(Reason.MALFORMED, "the key has no kty")
    return kty


def _may_verify(jwk: Jwk) -> bool:
    """RFC 7517 sections 4.2 and 4.3."""
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list):
        raise Rejected(Reason.MALFORMED, "key_ops is not a list")
    return "verify" in operations and _text(jwk, "use") in (None, "sig")


def _text(jwk: Jwk, name: str) -> str | None:
    value = jwk.get(name)
    if name in jwk and not isinstance(value, str):
        raise Rejected(Reason.MALFORMED, f"the key's member {name} is not a string")
    return value if isinstance(value, str) else None
