"""Tokens as a forger makes them: any header, any payload, any signature."""

import base64
import hashlib
import hmac
import json
from typing import Any


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def segment(value: Any) -> str:
    return encode(json.dumps(value, separators=(",", ":")).encode())


def header_of(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(decode(token.split(".")[0]))
    return header


def signed_by_hmac(header: dict[str, Any], payload: str, secret: bytes) -> str:
    """A token whose signature is an HMAC with SHA-256 (RFC 7515 section 3)."""
    message = f"{segment(header)}.{payload}"
    return f"{message}.{encode(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"
