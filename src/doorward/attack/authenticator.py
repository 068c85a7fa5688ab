"""An authenticator in software, which says whatever an attacker wants (WebAuthn Level 3)."""

import json
import struct
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from .forge import encode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
"""Flags of the authenticator data (section 6.1)."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer claims beside the signature: the page's `origin`, the site `rp_id`, the
    `flags`, and whether the page was `framed` by another site."""

    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    framed: bool = False


@dataclass(frozen=True, slots=True)
class Passkey:
    """One key pair.  `handle` is whose it is."""

    handle: str
    id: bytes = field(default_factory=lambda: token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def created(self, challenge: str, said: Said) -> Json:
        """The answer to `navigator.credentials.create`, with attestation `none`."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        key = _cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        more = bytes(16) + struct.pack(">H", len(self.id)) + self.id + key
        data = _data(said, said.flags | ATTESTED) + more
        attestation = _cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            clientDataJSON=_client("webauthn.create", challenge, said),
            attestationObject=attestation,
        )

    def used(self, challenge: str, said: Said) -> Json:
        """The answer to `navigator.credentials.get`."""
        client, data = _client("webauthn.get", challenge, said), _data(said, said.flags)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        answer = self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)
        answer["response"]["userHandle"] = self.handle
        return answer

    def _answer(self, **parts: bytes) -> Json:
        name, response = encode(self.id), {each: encode(raw) for each, raw in parts.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": response}


def _client(kind: str, challenge: str, said: Said) -> bytes:
    client = {"type": kind, "challenge": challenge, "origin": said.origin}
    return json.dumps({**client, "crossOrigin": said.framed}).encode()


def _data(said: Said, flags: int) -> bytes:
    return sha256(said.rp_id.encode()).digest() + struct.pack(">BI", flags, 0)


def _cbor(value: int | bytes | str | dict[Any, Any]) -> bytes:
    """RFC 8949, as far as keys and attestations need it."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value)) + value.encode()
    pairs = (_cbor(name) + _cbor(each) for name, each in value.items())
    return _head(5, len(value)) + b"".join(pairs)


def _head(kind: int, number: int) -> bytes:
    """The type and the length of what follows, which is shorter than 65,536."""
    if number < 24:
        return bytes([kind << 5 | number])
    if number < 256:
        return bytes([kind << 5 | 24, number])
    return bytes([kind << 5 | 25]) + number.to_bytes(2, "big")
