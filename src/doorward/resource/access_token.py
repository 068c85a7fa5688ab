"""Access tokens of a Doorward server, read by an API that has neither its keys nor its database.

It is the check of `doorward.access_token` for grants alone, with the public keys (RFC 9068 section
4).
"""

from dataclasses import dataclass

from .. import claims
from ..errors import Rejected
from ..keys import base64url, verify_jws
from ..settings import CLOCK_SKEW
from .caller import Caller
from .refusal import Refused
from .signing_keys import SigningKeys

TYPE = "at+jwt"
GRANT = "grant"

LONGEST = 4_096
"""Characters of a token."""

LONGEST_LIFE = 3_600
"""Seconds for which a token is believed after `iat`, whatever its `exp` says: ends of grants are
remembered for longer than this."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that is genuine and for this API.  `ver` is the state of the grant that it was told
    of; `issued_at` is by the clock of the server; `jkt` is the thumbprint of the key that it is
    bound to, or empty."""

    caller: Caller
    ver: int
    issued_at: int
    kid: str
    jkt: str


def key_of(token: str) -> str:
    """The name of the key that a token claims.  Raises `Refused` for any other kind of token: the
    header decides the kind, so an ID token is never an access token."""
    if len(token) > LONGEST or not token.isascii() or token.count(".") != 2:
        raise Refused("invalid_token", "no JWS")
    try:
        header = claims.decoded(base64url.decode(token.partition(".")[0].encode()), "header")
        kid = claims.a_text(header["kid"])
    except (Rejected, KeyError, TypeError) as error:
        raise Refused("invalid_token", f"header: {error}") from None
    if header.get("typ") != TYPE:
        raise Refused("invalid_token", "typ")
    return kid


def read(token: str, keys: SigningKeys, issuer: str, resource: str, now: int) -> AccessToken:
    """Raises `Refused`."""
    kid = key_of(token)
    key = keys.find(kid)
    if key is None:
        raise Refused("invalid_token", "an unknown or withdrawn key")
    try:
        said = claims.decoded(verify_jws(token, key), "access token")
        found = _read(said, kid, issuer, resource)
    except Rejected as error:
        raise Refused("invalid_token", error.detail or error.reason) from None
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("invalid_token", f"claims: {error}") from None
    if now >= found.caller.expires_at or found.issued_at > now + CLOCK_SKEW:
        raise Refused("invalid_token", "expired")
    return found


def _read(said: dict[str, object], kid: str, issuer: str, resource: str) -> AccessToken:
    if said["iss"] != issuer:
        raise ValueError("iss")
    if said["aud"] != resource:  # one string: a token for two APIs could be passed on by one
        raise ValueError("aud")
    if said.get(GRANT) is not True:
        raise ValueError(GRANT)
    issued_at = max(claims.a_time(said["iat"]), claims.a_time(said.get("nbf", 0)))
    caller = Caller(
        subject=claims.a_text(said["sub"]),
        client_id=claims.a_text(said["client_id"]),
        scopes=frozenset(claims.a_text(said.get("scope", "")).split()),
        audience=resource,
        sid=claims.a_text(said["sid"]),
        expires_at=min(claims.a_time(said["exp"]), claims.a_time(said["iat"]) + LONGEST_LIFE),
    )
    jkt = claims.key_bound_to(said)
    return AccessToken(caller, claims.a_time(said["ver"]), issued_at, kid, jkt)
