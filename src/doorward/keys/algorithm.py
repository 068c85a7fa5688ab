"""What a signature algorithm is here, and the closed set of them.

Private keys travel as bytes, so that sealing need not know their kind.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..errors import ConfigurationError
from . import eddsa, es256, hs256

Verify = Callable[[bytes, bytes], bool]
"""(signature, message) -> whether it verifies.  Never raises for any bytes."""

Sign = Callable[[bytes], bytes]

SIGNING = ("ES256", "EdDSA", "RS256")
"""Algorithms that a keyring may sign with, the default first.  A shared secret is not among them:
whoever could verify could also sign."""


class Signing(NamedTuple):
    """How keys of one algorithm are made, read back and used."""

    generate: Callable[[], bytes]
    signer: Callable[[bytes], Sign]
    public_jwk: Callable[[bytes], dict[str, str]]


def signing(algorithm: str) -> Signing:
    """Raises `ConfigurationError` for any algorithm but those of `SIGNING`."""
    if algorithm == "ES256":
        return Signing(es256.generate, es256.signer, es256.public_jwk)
    if algorithm == "EdDSA":
        return Signing(eddsa.generate, eddsa.signer, eddsa.public_jwk)
    if algorithm == "RS256":
        from . import rs256  # its imports cost milliseconds that only its users should pay

        return Signing(rs256.generate, rs256.signer, rs256.public_jwk)
    raise ConfigurationError(
        f"{algorithm!r} is not a signing algorithm; choose one of {', '.join(SIGNING)}."
    )


def verifier(algorithm: str, jwk: Mapping[str, object]) -> Verify:
    """The check that `jwk` makes under `algorithm`, which must be its own (`jwk.algorithm_of`).

    Raises `Rejected` as malformed for a key that is incomplete, weak or off its curve.
    """
    if algorithm == "ES256":
        return es256.verifier(jwk)
    if algorithm == "EdDSA":
        return eddsa.verifier(jwk)
    if algorithm == "HS256":
        return hs256.verifier(jwk)
    from . import rs256

    return rs256.verifier(jwk)
