"""RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3), for those who need it.

Imported only when such a key is met.
"""

from collections.abc import Callable, Mapping
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from ..errors import Reason, Rejected
from . import base64url

_OURS = 3072
"""Bits of the keys made here (NIST SP 800-57: 128-bit strength)."""
_FEWEST, _MOST = 2048, 8192
_LARGEST_EXPONENT = 2**64 - 1

# CVE-2017-15361 ("ROCA"): keys of a widespread smart-card library can be factored, and are known
# by this: modulo each of these primes the modulus is a power of 65537.  A sound modulus is so by
# chance once in 2^28.
_PRIMES = [p for p in range(3, 168) if all(p % d for d in range(2, p))]
_POWERS = {p: frozenset(pow(65537, i, p) for i in range(p)) for p in _PRIMES}


def verifier(jwk: Mapping[str, object]) -> Callable[[bytes, bytes], bool]:
    """Raises `Rejected` as malformed for a modulus or exponent that is not sound."""
    n, e = _positive(jwk, "n"), _positive(jwk, "e")
    _police(n, e)
    check, padding, sha256 = RSAPublicNumbers(e, n).public_key().verify, PKCS1v15(), SHA256()

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            check(signature, message, padding, sha256)
        except InvalidSignature:
            return False
        return True

    return verify


def generate() -> bytes:
    """A new private key: PKCS #8 in DER."""
    return generate_private_key(65537, _OURS).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )


def signer(private: bytes) -> Callable[[bytes], bytes]:
    """What signs with `private`: as many bytes as the modulus has."""
    key, padding, sha256 = _load(private), PKCS1v15(), SHA256()
    return lambda message: key.sign(message, padding, sha256)


def public_jwk(private: bytes) -> dict[str, str]:
    """The members that RFC 7638 section 3.2 requires, and no others."""
    numbers = _load(private).public_key().public_numbers()
    return {"e": _octets(numbers.e), "kty": "RSA", "n": _octets(numbers.n)}


def _police(n: int, e: int) -> None:
    """RFC 8725 section 3.5 and FIPS 186-5: refuse what a forger could have chosen or can factor."""
    if not _FEWEST <= n.bit_length() <= _MOST:
        raise Rejected(Reason.MALFORMED, f"an RSA modulus has {_FEWEST} to {_MOST} bits")
    if n % 2 == 0 or e % 2 == 0 or not 3 <= e <= _LARGEST_EXPONENT:
        raise Rejected(Reason.MALFORMED, "the RSA modulus or exponent is not sound")
    if all(n % p in powers for p, powers in _POWERS.items()):
        raise Rejected(Reason.MALFORMED, "the RSA modulus can be factored (CVE-2017-15361)")


def _positive(jwk: Mapping[str, object], name: str) -> int:
    """RFC 7518 section 2, Base64urlUInt: no leading zero octet."""
    octets = base64url.member(jwk, name)
    if octets[:1] in (b"", b"\0"):
        raise Rejected(Reason.MALFORMED, f"the RSA member {name} has a leading zero")
    return int.from_bytes(octets)


def _octets(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8)).decode()


def _load(private: bytes) -> RSAPrivateKey:
    """As `generate` made it, and nobody but us can have sealed it: to prove the primes again would
    stop the process for half a second at each change of the keys."""
    return cast(
        RSAPrivateKey, load_der_private_key(private, None, unsafe_skip_rsa_key_validation=True)
    )
