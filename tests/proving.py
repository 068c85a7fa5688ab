"""A client with a key of its own, which proves that it has it (RFC 9449)."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from doorward.keys import base64url, thumbprint
from doorward.keys.algorithm import signing


class Prover:
    """Makes proofs that say what a test names in `header` or `claims`, without what is None."""

    def __init__(self, algorithm: str = "ES256") -> None:
        kind = signing(algorithm)
        self._private = kind.generate()
        self._sign = kind.signer(self._private)
        self.jwk: dict[str, Any] = dict(kind.public_jwk(self._private))
        self.algorithm = algorithm
        self.jkt = thumbprint(self.jwk)
        self._made = 0

    def proof(
        self,
        method: str,
        uri: str,
        at: int,
        token: str = "",
        *,
        header: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        self._made += 1
        said = {"jti": f"{self.jkt}-{self._made}", "htm": method, "htu": uri, "iat": at}
        if token:
            said["ath"] = base64url.encode(sha256(token.encode()).digest()).decode()
        top = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.jwk, **(header or {})}
        message = b".".join(map(_part, (top, {**said, **claims})))
        return (message + b"." + base64url.encode(self._sign(message))).decode()


def _part(said: Mapping[str, Any]) -> bytes:
    kept = {name: value for name, value in said.items() if value is not None}
    return base64url.encode(json.dumps(kept).encode())
