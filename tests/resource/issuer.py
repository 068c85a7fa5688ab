"""A server of tokens as an API sees it: keys, introspection, changes, all by hand."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from doorward.keys import base64url
from doorward.resource import Guard
from doorward.testing import FakeClock

ISSUER, API = "https://login.example", "https://api.example/photos"
SCOPE = "photos:read"
AUTH = ("photos-api", "a secret")
KID = "key-1"

Key = ECKey | OctKey | RSAKey


@dataclass
class Ticks:
    """Ticks that move when a test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeIssuer:
    """`message` is what it tells next, and `asked` what it was asked for."""

    clock: FakeClock
    ticks: Ticks
    key: ECKey
    published: list[Any]
    message: dict[str, Any] = field(default_factory=dict)
    active: bool = True
    away: bool = False
    asked: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    on_introspect: Callable[[], None] = lambda: None

    def guard(self, **more: Any) -> Guard:
        settings = {
            "issuer": ISSUER,
            "client_id": AUTH[0],
            "client_secret": AUTH[1],
            "clock": self.clock,
            "ticks": self.ticks,
            "transport": httpx2.MockTransport(self.answer),
        }
        return Guard(API, **{**settings, **more})

    async def synced(self, **more: Any) -> Guard:
        """A guard that heard the server since long ago."""
        guard = self.guard(**more)
        self.tells(reset=self.clock() - 3_600)
        await guard.catch_up()
        self.tells()
        return guard

    def tells(self, **message: Any) -> None:
        self.message = {"cursor": "c", "elapsed": 0, **message}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append(path)
        if self.away:
            raise httpx2.ConnectError("away")
        if path == "/.well-known/jwks.json":
            return httpx2.Response(200, json={"keys": self.published})
        assert request.headers["authorization"].startswith("Basic ")
        if path == "/oauth/introspect":
            assert parse_qs(request.content.decode()).keys() == {"token"}
            self.on_introspect()
            return httpx2.Response(200, json={"active": self.active})
        assert path == "/oauth/changes"
        self.cursors.append(request.headers["last-event-id"])
        return httpx2.Response(200, json=self.message)

    def claims(self, **more: Any) -> dict[str, Any]:
        now = self.clock()
        usual = {
            "iss": ISSUER,
            "aud": API,
            "sub": "ada",
            "sid": "s1",
            "ver": 1,
            "exp": now + 300,
            "iat": now,
            "jti": "j",
            "client_id": "printer",
            "auth_time": now,
            "grant": True,
            "scope": "photos:read photos:write",
        }
        return {name: value for name, value in {**usual, **more}.items() if value is not None}

    def token(self, **more: Any) -> str:
        return self.signed(self.claims(**more))

    def signed(self, claims: Any, key: Key | None = None, **header: Any) -> str:
        protected = {"alg": "ES256", "typ": "at+jwt", "kid": KID, **header}
        protected = {name: value for name, value in protected.items() if value is not None}
        return jws.serialize_compact(
            protected, json.dumps(claims), key or self.key, algorithms=[protected["alg"]]
        )


def by_hand(claims: Any, secret: bytes | None = None, **header: Any) -> str:
    """A token that libraries do not write: with HS256 under `secret`, or with an empty
    signature."""
    said = {"typ": "at+jwt", "kid": KID, **header}
    parts = [base64url.encode(json.dumps(part).encode()) for part in (said, claims)]
    message = b".".join(parts)
    signature = b"" if secret is None else hmac.digest(secret, message, "sha256")
    return (message + b"." + base64url.encode(signature)).decode()


def new_issuer() -> FakeIssuer:
    key = ECKey.generate_key("P-256")
    return FakeIssuer(FakeClock(), Ticks(), key, [public(key, KID)])


def public(key: Key, kid: str) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": kid}
