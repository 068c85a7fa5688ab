"""An authenticator in software: what a browser's `credential.toJSON()` would give for it."""

import json
import struct
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from doorward.keys import base64url
from tests.server.house import ORIGIN

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40

Json = dict[str, Any]


def text(raw: bytes) -> str:
    return base64url.encode(raw).decode()


@dataclass(slots=True)
class Authenticator:
    """One passkey on one device, with a key of its own.  What it says may be changed: its `flags`,
    the `origin` and `rp_id` that it was asked by, and the `count` of uses, which rises with each.
    """

    origin: str = ORIGIN
    rp_id: str = "testserver"
    flags: int = UP | UV
    count: int = 0
    handle: str = ""
    framed: bool = False
    id: bytes = field(default_factory=lambda: token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: Json) -> Json:
        """The answer to `navigator.credentials.create`, with attestation `none`."""
        self.handle = options["user"]["id"]
        cose = {1: 2, 3: -7, -1: 1, -2: self._point[1:33], -3: self._point[33:]}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(AT) + attested
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            clientDataJSON=text(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=text(cbor2.dumps(attestation)),
            transports=["internal", "hybrid"],
        )

    def get(self, options: Json) -> Json:
        """The answer to `navigator.credentials.get`."""
        self.count += 1
        client = self._client_data("webauthn.get", options["challenge"])
        data = self._data()
        signed = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=text(client),
            authenticatorData=text(data),
            signature=text(signed),
            userHandle=self.handle,
        )

    @property
    def _point(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        return b"\4" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def _data(self, more: int = 0) -> bytes:
        flags = self.flags | more
        return sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps({**said, "crossOrigin": self.framed}).encode()

    def _answer(self, **response: Any) -> Json:
        name = text(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}
