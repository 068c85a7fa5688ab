"""ES256: ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4).

Nonces are deterministic (RFC 6979, as RFC 8725 section 3.2 asks): a bad random source cannot give
the private key away.
"""

from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from ..errors import Reason, Rejected
from . import base64url

_CURVE = ec.SECP256R1()
_SIZE = 32


def verifier(jwk: Mapping[str, object]) -> Callable[[bytes, bytes], bool]:
    """Raises `Rejected` as malformed for a point that is off the curve or not 2 x 32 bytes."""
    x, y = base64url.member(jwk, "x"), base64url.member(jwk, "y")
    if len(x) != _SIZE or len(y) != _SIZE:
        raise Rejected(Reason.MALFORMED, "a P-256 coordinate is 32 bytes")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), _CURVE)
    try:
        public = numbers.public_key()
    except ValueError:
        raise Rejected(Reason.MALFORMED, "the point is not on P-256") from None
    check, ecdsa = public.verify, ec.ECDSA(SHA256())

    def verify(signature: bytes, message: bytes) -> bool:
        if len(signature) != 2 * _SIZE:
            return False
        r, s = int.from_bytes(signature[:_SIZE]), int.from_bytes(signature[_SIZE:])
        try:
            check(encode_dss_signature(r, s), message, ecdsa)
        except InvalidSignature:
            return False
        return True

    return verify


def generate() -> bytes:
    """A new private key: the scalar as 32 bytes."""
    return ec.generate_private_key(_CURVE).private_numbers().private_value.to_bytes(_SIZE)


def signer(private: bytes) -> Callable[[bytes], bytes]:
    """What signs with `private`: r and s, 32 bytes each."""
    key = ec.derive_private_key(int.from_bytes(private), _CURVE)
    ecdsa = ec.ECDSA(SHA256(), deterministic_signing=True)

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, ecdsa))
        return r.to_bytes(_SIZE) + s.to_bytes(_SIZE)

    return sign


def public_jwk(private: bytes) -> dict[str, str]:
    """The members that RFC 7638 section 3.2 requires, and no others."""
    key = ec.derive_private_key(int.from_bytes(private), _CURVE)
    point = key.public_key().public_numbers()
    x, y = (base64url.encode(n.to_bytes(_SIZE)).decode() for n in (point.x, point.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}
