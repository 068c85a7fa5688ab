"""ID tokens tell another application who logged in, and when (OpenID Connect Core section 2).

They are for that application alone and open nothing: their `typ` is `JWT`, and what accepts access
tokens never accepts one.
"""

import json
from dataclasses import dataclass
from hashlib import sha256, sha512

from .claims import a_text, a_time, decoded
from .errors import Reason, Rejected
from .keys import Keyring, base64url
from .settings import CLOCK_SKEW, ID_TOKEN_TTL, Settings
from .types import Issued

MAX_NONCE_BYTES = 400
"""Bytes of JSON of a nonce: leaves room for all other claims in a token that we read back."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """A verified ID token: for which application it tells of whom, in which grant."""

    client_id: str
    subject: str
    sid: str
    authenticated_at: int
    expires_at: int


def mint_id_token(
    issued: Issued,
    keyring: Keyring,
    settings: Settings,
    now: int,
    *,
    nonce: str | None = None,
    algorithm: str | None = None,
) -> str:
    """An ID token beside the access token of a grant, good for five minutes.

    It holds no personal data: a subject, the sid of the grant, times and factors.  It is signed by
    the keys of access tokens, or in `algorithm` by whichever keys can.  Raises `LookupError` when
    none can, `ValueError` for a session that is no grant and for a nonce that is empty, no valid
    Unicode, or above 400 bytes of JSON.
    """
    session = issued.session
    if not session.audience:
        raise ValueError("an ID token tells of a grant; this is a login")
    line = keyring.line(algorithm, now)
    if line is None:
        raise LookupError(f"There is no key that signs with {algorithm}.")
    claims: dict[str, object] = {
        "iss": settings.token_issuer,
        "sub": session.subject,
        "aud": session.client_id,
        "exp": now + ID_TOKEN_TTL,
        "iat": now,
        "auth_time": session.authenticated_at,
        "sid": session.sid,
        "at_hash": half_hash(issued.credential, keyring.algorithm(line, now)),
    }
    if nonce is not None:
        claims["nonce"] = _checked_nonce(nonce)
    if session.amr:
        claims["amr"] = list(session.amr)
    return keyring.sign(json.dumps(claims, separators=(",", ":")).encode(), now, "JWT", line)


def read_id_token(
    token: str, keyring: Keyring, settings: Settings, now: int, *, expired_too: bool = False
) -> IdToken:
    """What an ID token of ours says, as for `id_token_hint`: whether its grant still lives, and
    whether the application is the one that asks, is for the caller to judge.

    Raises `Rejected`: `malformed`, `bad_signature` also for an access token, `withdrawn`, or
    `expired` also when `iat` lies more than a minute ahead.  With `expired_too`, time is not looked
    at, nor whether the key that signed it has since been retired: applications keep ID tokens for
    as long as they keep people logged in.
    """
    payload = keyring.verify(token, None if expired_too else now, "JWT")
    claims = decoded(payload, "ID token")
    try:
        if claims["iss"] != settings.token_issuer:
            raise ValueError("iss")
        found = IdToken(
            client_id=a_text(claims["aud"]),
            subject=a_text(claims["sub"]),
            sid=a_text(claims["sid"]),
            authenticated_at=a_time(claims["auth_time"]),
            expires_at=a_time(claims["exp"]),
        )
        begins = a_time(claims["iat"])
    except (KeyError, TypeError, ValueError) as error:
        raise Rejected(Reason.MALFORMED, f"ID token claims: {error}") from None
    if not expired_too and (now >= found.expires_at or begins > now + CLOCK_SKEW):
        raise Rejected(Reason.EXPIRED)
    return found


def half_hash(token: str, algorithm: str) -> str:
    """The claim `at_hash`: the left half of the hash that `algorithm` signs with (section 3.1.3.6).
    Ed25519 hashes with SHA-512 (RFC 8032)."""
    digest = (sha512 if algorithm == "EdDSA" else sha256)(token.encode()).digest()
    return base64url.encode(digest[: len(digest) // 2]).decode()


def _checked_nonce(nonce: str) -> str:
    nonce.encode()  # half a surrogate pair: what reads it back may read something else
    if not nonce or len(json.dumps(nonce)) > MAX_NONCE_BYTES:
        raise ValueError(f"a nonce is 1 to {MAX_NONCE_BYTES} bytes of JSON")
    return nonce
