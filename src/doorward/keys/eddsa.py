"""EdDSA with Ed25519, and no other curve (RFC 8037)."""

from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..errors import Reason, Rejected
from . import base64url

_SIZE = 32

_SMALL_ORDER = frozenset(
    bytes.fromhex(y)
    for y in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
"""Every encoding, but for its sign bit, of the eight points of small order.  Under such a key one
signature fits many messages, so that anybody can sign (Cremers and Jackson, 2019)."""


def verifier(jwk: Mapping[str, object]) -> Callable[[bytes, bytes], bool]:
    """Raises `Rejected` as malformed for a public key that is not 32 bytes or of small order."""
    x = base64url.member(jwk, "x")
    if len(x) != _SIZE:
        raise Rejected(Reason.MALFORMED, "an Ed25519 public key is 32 bytes")
    if bytes([*x[:-1], x[-1] & 0x7F]) in _SMALL_ORDER:
        raise Rejected(Reason.MALFORMED, "the key is of small order")
    check = Ed25519PublicKey.from_public_bytes(x).verify

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            check(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify


def generate() -> bytes:
    """A new private key: the 32-byte seed of RFC 8032."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def signer(private: bytes) -> Callable[[bytes], bytes]:
    """A function that signs with `private`, in 64 bytes."""
    return Ed25519PrivateKey.from_private_bytes(private).sign


def public_jwk(private: bytes) -> dict[str, str]:
    """The members that RFC 8037 section 2 requires for a thumbprint, and no others."""
    x = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    return {"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(x).decode()}
