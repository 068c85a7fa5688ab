"""Private keys at rest: sealed under a key derived from the root key, so that a stolen database
signs nothing."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ..errors import ConfigurationError
from .root import RootKeys

_PURPOSE = "seal signing keys"
_NONCE = 12


def seal(root: RootKeys, name: str, private: bytes) -> bytes:
    """`private` encrypted under the newest root key (RFC 8439); opens only under the same `name`,
    so that rows cannot change places."""
    nonce = os.urandom(_NONCE)
    newest = ChaCha20Poly1305(root.derive(_PURPOSE)[0])
    return nonce + newest.encrypt(nonce, private, name.encode())


def unseal(root: RootKeys, name: str, sealed: bytes) -> bytes:
    """What was sealed.  Raises `ConfigurationError` when no root key given opens it."""
    for key in root.derive(_PURPOSE):
        private = _opened(key, name, sealed)
        if private is not None:
            return private
    raise ConfigurationError(
        "The signing keys in the database are sealed under another root key than the one given"
        f" (from {root.source}): give the one this database was used with."
    )


def is_current(root: RootKeys, name: str, sealed: bytes) -> bool:
    """Whether the newest root key opens it, so that the older ones are not needed for it."""
    return _opened(root.derive(_PURPOSE)[0], name, sealed) is not None


def _opened(key: bytes, name: str, sealed: bytes) -> bytes | None:
    try:
        return ChaCha20Poly1305(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
    except (InvalidTag, ValueError):  # ValueError: too short to be a nonce
        return None
