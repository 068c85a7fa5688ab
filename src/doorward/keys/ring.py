"""The keyring: what signs and verifies access tokens and ID tokens, ready in memory."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ..errors import ConfigurationError, Reason, Rejected
from ..types import Line, SigningKey
from . import base64url
from .algorithm import Sign, Verify, signing, verifier
from .root import RootKeys
from .rotation import LINES, private_part, scheduled, signer_at

LONGEST_TOKEN = 4_096
"""Characters of a token that are looked at at all; those issued here are shorter."""

Typ = Literal["at+jwt", "JWT"]
"""`typ` of an access token (RFC 9068 section 2.1) and of an ID token."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """What verifies a key's tokens, with everything that can be computed before the first one.
    `until` is when the key stops to verify, where that is known."""

    public: dict[str, str]
    verify: Verify
    until: int | None
    withdrawn: bool


class Keyring:
    """The signing keys of a store, opened once.  Immutable: when the keys change, make another.

    `retain` is how many seconds a key verifies after its successor began to sign: the longest life
    of a token and the leeway of clocks.  Raises `ConfigurationError` when a key does not open under
    `root`, or none may sign access tokens.
    """

    def __init__(self, keys: Sequence[SigningKey], root: RootKeys, retain: int) -> None:
        orders = [scheduled(keys, line) for line in LINES]
        if not orders[0]:
            raise ConfigurationError("The database holds no key that may sign access tokens.")
        ends = {
            key.kid: begins + retain
            for order in orders
            for (_, key), (begins, _) in pairwise(order)
        }
        opened = {key.kid: _opened(key, root) for key in keys if key.withdrawn_at is None}
        self._keys = tuple(keys)
        self._signers = {kid: sign for kid, (_, sign) in opened.items()}
        # The public part of a withdrawn key tells its tokens from forgeries.  That of any other is
        # computed from the private one: what the row says of it is not believed.
        checked = {
            key.kid: _checked(
                key,
                opened[key.kid][0] if key.kid in opened else json.loads(key.public_jwk),
                ends.get(key.kid),
            )
            for key in keys
        }
        self._published = tuple(checked.values())
        self._headers: dict[Typ, dict[str, bytes]] = {
            # A key of ID tokens never has the header of an access token, so that who stole one
            # is nobody here.
            "at+jwt": {key.kid: _header(key, "at+jwt") for key in keys if key.line == "access"},
            "JWT": {key.kid: _header(key, "JWT") for key in keys},
        }
        self._checked = {
            typ: {header: checked[kid] for kid, header in headers.items()}
            for typ, headers in self._headers.items()
        }

    def line(self, algorithm: str | None, now: int) -> Line | None:
        """The line that signs ID tokens of `algorithm` at `now`: the first, `access`, where it
        can, and where no algorithm is named.  None where neither can."""
        for line in LINES:
            if scheduled(self._keys, line) and algorithm in (None, self.algorithm(line, now)):
                return line
        return None

    def algorithm(self, line: Line, now: int) -> str:
        """What `line` signs with at `now`.  Raises `LookupError` for one that has no keys."""
        return signer_at(self._keys, now, line).algorithm

    def sign(self, payload: bytes, now: int, typ: Typ = "at+jwt", line: Line = "access") -> str:
        """An access token (RFC 9068), or an ID token, of `payload`, by the key of `line` that signs
        at `now`.  Raises `LookupError` where the line has no keys, and for an access token of
        `id`."""
        kid = signer_at(self._keys, now, line).kid
        message = self._headers[typ][kid] + b"." + base64url.encode(payload)
        return (message + b"." + base64url.encode(self._signers[kid](message))).decode()

    def verify(self, token: str, now: int | None, typ: Typ = "at+jwt") -> bytes:
        """The payload of a token of this type that one of our keys signed, and may still have
        signed at `now`; without a time, also one that a key signed before it was retired.

        Raises `Rejected`: `malformed` for what is not a compact JWS, `bad_signature` for whatever
        no key of ours signed, an unknown key, a foreign header and another type included; then, for
        a good signature only, `withdrawn`, and `expired` for a key retired longer than `retain`.
        """
        # The header is compared as bytes: nothing in it is ever read, so nothing in it can choose
        # an algorithm, a key, a type or a critical extension.
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise Rejected(Reason.MALFORMED, "the token is not a short ASCII string")
        message, _, signature = token.encode().rpartition(b".")
        header, dot, segment = message.partition(b".")
        if not dot:
            raise Rejected(Reason.MALFORMED, "a compact JWS has three parts")
        payload, signed = base64url.decode(segment), base64url.decode(signature)
        key = self._checked[typ].get(header)
        if key is None or not key.verify(signed, message):
            raise Rejected(Reason.BAD_SIGNATURE)
        if key.withdrawn:
            raise Rejected(Reason.WITHDRAWN)
        if key.until is not None and now is not None and now > key.until:
            raise Rejected(Reason.EXPIRED, "the key that signed this is retired")
        return payload

    def jwks(self, now: int) -> dict[str, list[dict[str, str]]]:
        """The JWK Set to publish: every key that verifies, or is to, at `now`.  Public members
        only (RFC 7517 section 5)."""
        public = [
            dict(key.public)
            for key in self._published
            if not key.withdrawn and (key.until is None or now <= key.until)
        ]
        return {"keys": public}


def _opened(key: SigningKey, root: RootKeys) -> tuple[dict[str, str], Sign]:
    private, methods = private_part(root, key), signing(key.algorithm)
    return methods.public_jwk(private), methods.signer(private)


def _header(key: SigningKey, typ: Typ) -> bytes:
    members = {"alg": key.algorithm, "kid": key.kid, "typ": typ}
    return base64url.encode(json.dumps(members, separators=(",", ":")).encode())


def _checked(key: SigningKey, members: dict[str, str], until: int | None) -> _Checked:
    return _Checked(
        public={**members, "alg": key.algorithm, "kid": key.kid, "use": "sig"},
        verify=verifier(key.algorithm, members),
        until=until,
        withdrawn=key.withdrawn_at is not None,
    )
