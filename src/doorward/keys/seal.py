"""Secrets at rest: sealed under a key derived from the root key, so that a stolen database signs
nothing and proves nothing."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ..errors import ConfigurationError
from .root import RootKeys

_PURPOSE = "seal signing keys"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals secrets of one kind.  `keys` are derived for that kind alone, newest first."""

    keys: Sequence[bytes] = field(repr=False)

    def close(self, name: str, secret: bytes) -> bytes:
        """`secret` encrypted under the newest key (RFC 8439); opens only under the same `name`, so
        that rows cannot change places."""
        nonce = os.urandom(_NONCE)
        return nonce + ChaCha20Poly1305(self.keys[0]).encrypt(nonce, secret, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes | None:
        """What was sealed; None when no key opens it."""
        return next((found for key in self.keys if (found := _opened(key, name, sealed))), None)

    def is_current(self, name: str, sealed: bytes) -> bool:
        """Whether the newest key opens it, so that the older ones are not needed for it."""
        return _opened(self.keys[0], name, sealed) is not None


def seal(root: RootKeys, name: str, private: bytes) -> bytes:
    """The private signing key `private`, sealed under the newest root key."""
    return _of(root).close(name, private)


def unseal(root: RootKeys, name: str, sealed: bytes) -> bytes:
    """What was sealed.  Raises `ConfigurationError` when no root key given opens it."""
    private = _of(root).open(name, sealed)
    if private is None:
        raise ConfigurationError(
            "The signing keys in the database are sealed under another root key than the one given"
            f" (from {root.source}): give the one this database was used with."
        )
    return private


def is_current(root: RootKeys, name: str, sealed: bytes) -> bool:
    """Whether the newest root key opens it, so that the older ones are not needed for it."""
    return _of(root).is_current(name, sealed)


def _of(root: RootKeys) -> Seal:
    return Seal(root.derive(_PURPOSE))


def _opened(key: bytes, name: str, sealed: bytes) -> bytes | None:
    try:
        return ChaCha20Poly1305(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
    except (InvalidTag, ValueError):  # ValueError: too short to be a nonce
        return None
