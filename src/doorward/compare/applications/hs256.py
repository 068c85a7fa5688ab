"""JSON Web Tokens with HS256, by PyJWT where it is installed, else by the standard library."""

import hashlib
import hmac
import json
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from ...attack.forge import decode, encode, segment

jwt: Any = import_module("jwt") if find_spec("jwt") else None

SIGNED_BY = "the standard library's hmac" if jwt is None else f"PyJWT {version('pyjwt')}"
_HEADER = {"alg": "HS256", "typ": "JWT"}


class Refused(Exception):
    """The token is forged, malformed or expired."""


def signed(claims: dict[str, Any], secret: str) -> str:
    if jwt is not None:
        return str(jwt.encode(claims, secret, algorithm="HS256"))
    message = f"{segment(_HEADER)}.{segment(claims)}"
    return f"{message}.{_signature(message, secret)}"


def verified(token: str, secret: str, now: int) -> dict[str, Any]:
    """The claims.  Raises `Refused`."""
    claims = _by_pyjwt(token, secret) if jwt is not None else _by_hand(token, secret)
    if claims["exp"] <= now:
        raise Refused
    return claims


def _by_pyjwt(token: str, secret: str) -> dict[str, Any]:
    try:
        # PyJWT checks `exp` by the real clock; `verified` checks it by the run's clock as well
        found: dict[str, Any] = jwt.decode(token, secret, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise Refused from error
    return found


def _by_hand(token: str, secret: str) -> dict[str, Any]:
    message, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature, _signature(message, secret)):
        raise Refused
    try:
        header, payload = (json.loads(decode(part)) for part in message.split("."))
    except ValueError as error:
        raise Refused from error
    if header.get("alg") != "HS256":
        raise Refused
    found: dict[str, Any] = payload
    return found


def _signature(message: str, secret: str) -> str:
    return encode(hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest())
