"""The opaque strings: mint, parse, hash.  Fixed lengths, so nothing is ever split or searched.

    session token   dws_ + base64url(sid 16, secret 32)
    refresh token   dwr_ + base64url(sid 16, generation 4, branch 1, secret 32, MAC 16)
                    dwg_ + the same, of a grant

The bodies are multiples of three bytes, so base64url has no unused bits to play with.  The
secret is the same in every refresh token of a session and only its SHA-256 is stored: a stolen
database forges nothing.  The MAC covers all before it: an old refresh token cannot be edited into
a newer one.  Its key is derived from the root key, which without the secret forges nothing either;
that of a grant is another one, so that neither passes for the other.
"""

from base64 import urlsafe_b64encode
from binascii import a2b_base64
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from secrets import token_bytes

from .errors import Reason, Rejected

SESSION_PREFIX, REFRESH_PREFIX, GRANT_PREFIX = "dws_", "dwr_", "dwg_"
SID_BYTES, SECRET_BYTES, MAC_BYTES = 16, 32, 16
SESSION_LENGTH = len(SESSION_PREFIX) + (SID_BYTES + SECRET_BYTES) // 3 * 4
REFRESH_LENGTH = len(REFRESH_PREFIX) + (SID_BYTES + 4 + 1 + SECRET_BYTES + MAC_BYTES) // 3 * 4
_STRICT = bytes.maketrans(b"-_+/=", b"+/!!!")
"""To the alphabet of RFC 4648 section 4; its own `+`, `/` and `=` become what it does not know."""


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A parsed session token: who it claims to be, and the proof still to be compared."""

    sid: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A parsed refresh token whose MAC is good; the secret is still to be compared."""

    sid: str
    generation: int
    branch: int
    secret: bytes = field(repr=False)


def new_sid() -> str:
    """A fresh session id: 128 random bits in hexadecimal, safe in URLs, logs and shells."""
    return token_bytes(SID_BYTES).hex()


def new_secret() -> bytes:
    """256 random bits."""
    return token_bytes(SECRET_BYTES)


def hash_secret(secret: bytes) -> bytes:
    """What is stored of a secret.  One SHA-256 suffices for 256 random bits (ASVS 6.5.2)."""
    return sha256(secret).digest()


def exchanged_secret(key: bytes, place: RefreshToken) -> bytes:
    """The secret of the session token that a session is given for its refresh token, standing at
    this place.  The same each time, so that parallel exchanges agree; and not that of the refresh
    tokens, or whoever kept an old one could make a session token of it."""
    body = bytes.fromhex(place.sid) + place.generation.to_bytes(4) + place.branch.to_bytes(1)
    return hmac_digest(key, body + place.secret, "sha256")


def mint_session_token(sid: str, secret: bytes) -> str:
    """The session token of a session."""
    return SESSION_PREFIX + urlsafe_b64encode(bytes.fromhex(sid) + secret).decode()


def parse_session_token(text: str) -> SessionToken:
    """Raises `Rejected(malformed)` for any string `mint_session_token` cannot have made."""
    body = _body(text, SESSION_PREFIX, SESSION_LENGTH)
    return SessionToken(body[:SID_BYTES].hex(), body[SID_BYTES:])


def mint_refresh_token(
    token: RefreshToken, keys: tuple[bytes, ...], prefix: str = REFRESH_PREFIX
) -> str:
    """The string of a refresh token, authenticated with the newest of `keys`."""
    body = (
        bytes.fromhex(token.sid)
        + token.generation.to_bytes(4)
        + token.branch.to_bytes(1)
        + token.secret
    )
    return prefix + urlsafe_b64encode(body + _mac(keys[0], body)).decode()


def parse_refresh_token(
    text: str, keys: tuple[bytes, ...], prefix: str = REFRESH_PREFIX
) -> RefreshToken:
    """Raises `Rejected`: `malformed` by form, `bad_signature` when none of `keys` made the MAC."""
    whole = _body(text, prefix, REFRESH_LENGTH)
    body, mac = whole[:-MAC_BYTES], whole[-MAC_BYTES:]
    if not any([compare_digest(mac, _mac(key, body)) for key in keys]):
        raise Rejected(Reason.BAD_SIGNATURE, "refresh token MAC")
    return RefreshToken(
        sid=body[:16].hex(),
        generation=int.from_bytes(body[16:20]),
        branch=body[20],
        secret=body[21:],
    )


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac_digest(key, body, "sha256")[:MAC_BYTES]


def _body(text: str, prefix: str, length: int) -> bytes:
    try:
        if len(text) != length or not text.startswith(prefix):
            raise ValueError("another length, or prefix")
        # strict, or it would skip what it does not know, so that many strings were one token
        return a2b_base64(text[4:].encode().translate(_STRICT), strict_mode=True)
    except ValueError:
        raise Rejected(Reason.MALFORMED, f"not of the form {prefix}...") from None
