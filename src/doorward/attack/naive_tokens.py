"""How the careless application signs and reads tokens."""

import hashlib
import hmac
import json
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from . import forge
from .naive_faults import fits_everything, secret_of


class Tokens:
    """The key, which lies in `folder`."""

    # Danger: the key comes with the program, so that each instance signs for all others.
    _key = ec.generate_private_key(ec.SECP256R1())

    def __init__(self, folder: Path) -> None:
        # Danger: the signing key is in a file in plain text, and never changes.
        (folder / "signing.pem").write_bytes(
            self._key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    @property
    def _public_pem(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def jwk(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        x, y = (forge.encode(each.to_bytes(32, "big")) for each in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def sign(self, claims: bytes, *, kid: str = "") -> str:
        head = {"alg": "ES256"} | ({"kid": kid} if kid else {})
        message = f"{forge.segment(head)}.{forge.encode(claims)}"
        return f"{message}.{forge.sign_es256(self._key, message)}"

    def email_of(self, token: str) -> str:
        """The e-mail in a signed token, or empty."""
        try:
            head, payload, *rest = token.replace("=", "").strip().split(".")
            header, claims = json.loads(forge.decode(head)), json.loads(forge.decode(payload))
        except ValueError:
            return ""
        signature = rest[0] if rest else ""
        message = f"{head}.{payload}".encode()
        # Danger: the token's own `alg` is trusted, `none` included, and so is a key inside it.
        if str(header.get("alg")).lower() in ("none", "") or "jwk" in header:
            return str(claims.get("sub", ""))
        # Danger: the published key is used as the secret of HS256.
        if header.get("alg") == "HS256":
            secret = secret_of(header.get("kid"), self._public_pem)
            right = hmac.digest(secret, message, hashlib.sha256)
            return str(claims.get("sub", "")) if forge.encode(right) == signature else ""
        # Danger: issuer and audience are not checked.
        # Danger: padding, and everything behind the signature, was dropped above.
        good = forge.is_es256(self._key.public_key(), message, signature)
        return str(claims.get("sub", "")) if good or fits_everything(signature) else ""
