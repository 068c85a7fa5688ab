"""JSON Web Signatures of any payload, in compact form only (RFC 7515, RFC 8725).

This is the general check, for tokens of others.  Our own access tokens take the shorter and
stricter way through `ring.Keyring`.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, NoReturn

from ..errors import Reason, Rejected
from . import base64url
from .algorithm import Verify
from .jwk import Jwk, algorithm_of, kid_of, verifier_of

ALLOWED = frozenset({"ES256", "EdDSA", "RS256", "HS256"})
LONGEST_TOKEN = 65_536
"""Characters.  Far above any token, far below what costs a server time."""
LONGEST_HEADER = 4_096
MAX_BRACKETS = 32
"""Opening brackets in a header: how deep JSON may nest before Python gives up depends on its
version."""

# A key or a place to fetch one, brought by the token itself (RFC 8725 section 3.10), and
# everything that changes what the other parts mean (RFC 7515 section 4.1.11, RFC 7797).
REFUSED = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64"})
_TEXTS = ("alg", "kid", "typ", "cty")


class Parts(NamedTuple):
    """A token taken apart.  `header` has what the token says of itself, all of it."""

    header: Mapping[str, object]
    algorithm: str
    kid: str | None
    message: bytes
    payload: bytes
    signature: bytes


def verify_jws(token: str, keys: Mapping[str, object]) -> bytes:
    """The payload of `token` if one of `keys`, a JWK or a JWK Set, signed it.

    `kid` picks the key; without it, every key of the token's algorithm is tried.  A private JWK
    verifies by its public part.  Raises `Rejected` and nothing else: `malformed` for a token or key
    that is not strictly well-formed and sound, `unknown` when no key is meant for this token,
    `bad_signature` when the keys that are did not sign it.
    """
    parts = split(token)
    candidates = _candidates(parts, keys)
    if not candidates:
        raise Rejected(Reason.UNKNOWN, "no key fits the token's kid and algorithm")
    if not any(verify(parts.signature, parts.message) for verify in candidates):
        raise Rejected(Reason.BAD_SIGNATURE)
    return parts.payload


def split(token: object, refused: Collection[str] = REFUSED) -> Parts:
    """The parts of a token whose header has none of the members that are `refused`.  Raises
    `Rejected(malformed)`."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN or not token.isascii():
        _malformed("the token is not a short ASCII string")
    segments = token.encode().split(b".")
    if len(segments) != 3:
        _malformed("a compact JWS has three parts")
    header = _header(segments[0], refused)
    texts = _texts(header)
    payload, signature = base64url.decode(segments[1]), base64url.decode(segments[2])
    message = segments[0] + b"." + segments[1]
    return Parts(header, texts["alg"], texts.get("kid"), message, payload, signature)


def _header(segment: bytes, refused: Collection[str]) -> dict[str, object]:
    """The header, unless it says what it may not."""
    if len(segment) > LONGEST_HEADER:
        _malformed("the header is too long")
    header = _parse(base64url.decode(segment))
    if not isinstance(header, dict) or any(name in header for name in refused):
        _malformed("the header is no object, or has a member that is refused")
    return header


def _texts(header: Mapping[str, object]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name in _TEXTS:
        text = header.get(name, "")
        if not isinstance(text, str):
            _malformed("a header member is not a string")
        if name in header:
            texts[name] = text
    if texts.get("alg") not in ALLOWED:
        _malformed("the algorithm is not allowed")
    return texts


def _parse(data: bytes) -> object:
    """JSON as RFC 8725 section 3.7 and RFC 7515 section 4 want it: UTF-8, no member twice.

    Writing the value again finds what Python reads but JSON has not: NaN, infinities (also 1e999),
    lone surrogates.
    """
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        _malformed("the header nests too deep")
    try:
        value: object = json.loads(data.decode(), object_pairs_hook=_unique)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        _malformed("the header is not strict JSON")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice")
    return members


def _candidates(parts: Parts, keys: Mapping[str, object]) -> list[Verify]:
    """The checks of the keys this token may have been signed with."""
    fitting = [key for key in _listed(keys, parts.kid) if algorithm_of(key) == parts.algorithm]
    return [verifier_of(key) for key in fitting]


def _listed(keys: object, kid: str | None) -> Iterator[Jwk]:
    """The keys that `kid` names.  A JWK that is not in a set was chosen by the caller, so it need
    not have a name."""
    if not isinstance(keys, Mapping):
        _malformed("the keys are not a JWK or a JWK Set")
    if "keys" not in keys:
        return (key for key in (keys,) if kid_of(key) is None or kid in (None, kid_of(key)))
    listed = keys["keys"]
    if not isinstance(listed, list) or not all(isinstance(key, Mapping) for key in listed):
        _malformed("the JWK Set is not a list of keys")
    _police_set(listed)
    return (key for key in listed if kid is None or kid_of(key) == kid)


def _police_set(listed: list[Jwk]) -> None:
    """Refuse what makes the choice of a key ambiguous (RFC 7517 section 4.5), and a secret among
    published keys: one of the two was put there by mistake."""
    kids = [kid for kid in map(kid_of, listed) if kid is not None]
    if len(set(kids)) != len(kids):
        _malformed("two keys of the set have one kid")
    if len({key.get("kty") == "oct" for key in listed}) > 1:
        _malformed("the set mixes secrets and public keys")


def _malformed(detail: str) -> NoReturn:
    raise Rejected(Reason.MALFORMED, detail)
