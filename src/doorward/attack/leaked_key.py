"""Tokens that a thief signs with the contents of a stolen key file."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .forge import P256_ORDER, decode, encode, segment, sign_es256, signed_by_hmac


def forged_with(raw: bytes, header: dict[str, object], payload: str) -> list[str]:
    """Every token with this payload that the contents of the file can sign."""
    found = []
    for secret in _secrets(raw):
        found += [signed_by_hmac(head, payload, secret) for head in _headers(header)]
        key = _private(secret)
        if key is not None:
            message = f"{segment(header)}.{payload}"
            found.append(f"{message}.{sign_es256(key, message)}")
    return found


def _headers(header: dict[str, object]) -> list[dict[str, object]]:
    return [header, header | {"alg": "HS256"}, {"alg": "HS256", "typ": "at+jwt"}]


def _secrets(raw: bytes) -> list[bytes]:
    """The file, its lines, and what they decode to."""
    lines = [line.strip() for line in raw.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith((b"#", b"-----"))]
    found = [raw, *lines]
    for line in lines:
        try:
            found.append(decode(line.decode()))
        except ValueError:
            continue
    return found + [encode(secret).encode() for secret in found]


def _private(secret: bytes) -> ec.EllipticCurvePrivateKey | None:
    """A signing key, if these bytes are one."""
    if secret.startswith(b"-----BEGIN"):
        loaded = load_pem_private_key(secret, None)
        return loaded if isinstance(loaded, ec.EllipticCurvePrivateKey) else None
    number = int.from_bytes(secret[:32], "big")
    if len(secret) == 32 and 0 < number < P256_ORDER:
        return ec.derive_private_key(number, ec.SECP256R1())
    return None
