"""Access tokens: the claims of a session, signed for minutes (RFC 9068, `typ: at+jwt`).

Which key and algorithm verify is the keyring's business; this is what the claims must say.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_urlsafe

from .errors import Reason, Rejected
from .keys import Keyring
from .settings import CLOCK_SKEW, Settings
from .types import NONE, Principal, Session

MAX_BYTES = 3800
"""An access token with its cookie name and attributes stays under the 4,096 bytes of a cookie."""


GRANT = "grant"
"""The claim of access tokens of grants.  It tells them from those of logins, also where a setting
changed and what was the audience of one kind became that of the other."""


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified access token: who, the state they were told of (`ver`), and until when."""

    principal: Principal
    ver: int
    expires_at: int


def mint_access_token(
    session: Session, keyring: Keyring, settings: Settings, now: int
) -> tuple[str, int]:
    """An access token and when it expires: never after the session itself.

    It holds no personal data: a random subject, ids, times, roles and scopes; of a grant no roles,
    and its own audience.  Raises `ValueError` above 3,800 bytes, which
    `doorward.settings.MAX_ROLE_BYTES` keeps out of reach.
    """
    expires_at = min(now + settings.access_ttl, session.ends_at)
    claims: dict[str, object] = {
        "iss": settings.token_issuer,
        "aud": session.audience or settings.token_audience,
        "sub": session.subject,
        "sid": session.sid,
        "ver": session.ver,
        "exp": expires_at,
        "iat": now,
        "jti": token_urlsafe(12),
        "client_id": session.client_id or settings.token_audience,
        "auth_time": session.authenticated_at,
    }
    if session.audience:
        claims[GRANT] = True
    elif session.roles:
        claims["roles"] = sorted(session.roles)
    if session.scopes:
        claims["scope"] = " ".join(sorted(session.scopes))
    if session.amr:
        claims["amr"] = list(session.amr)
    token = keyring.sign(json.dumps(claims, separators=(",", ":")).encode(), now)
    if len(token) > MAX_BYTES:
        raise ValueError(f"an access token of {len(token)} bytes does not fit a cookie")
    return token, expires_at


def read_access_token(
    token: str,
    keyring: Keyring,
    settings: Settings,
    now: int,
    *,
    expired_too: bool = False,
    grants: bool = False,
) -> Claims:
    """The claims of a token that is genuine and in its time: of a login, or with `grants` of a
    grant for whatever audience but the application's own.

    It lives no longer than `access_ttl` after `iat`, whatever its `exp` says: for so long are the
    changes of its session remembered, also where that setting was larger when it was issued.
    Raises `Rejected`: `malformed`, `bad_signature`, `withdrawn`, or `expired` also when `iat` or
    `nbf` lies more than a minute ahead.  With `expired_too`, time is not looked at: enough to log
    out with.
    """
    claims = _decode(keyring.verify(token, now))
    try:
        found = _claims(claims, settings, grants)
        begins = max(_time(claims["iat"]), _time(claims.get("nbf", 0)))
    except (KeyError, TypeError, ValueError) as error:
        raise Rejected(Reason.MALFORMED, f"access token claims: {error}") from None
    if not expired_too and (now >= found.expires_at or begins > now + CLOCK_SKEW):
        raise Rejected(Reason.EXPIRED)
    return found


def _claims(claims: Mapping[str, object], settings: Settings, grants: bool = False) -> Claims:
    issuer, own = settings.token_issuer, settings.token_audience
    audience = claims["aud"]
    fits = audience not in ("", own) if grants else audience == own
    if claims["iss"] != issuer or not fits:
        raise ValueError("iss or aud")
    if claims.get(GRANT, False) is not grants:
        raise ValueError(GRANT)
    principal = Principal(
        subject=_text(claims["sub"]),
        sid=_text(claims["sid"]),
        mode="token",
        roles=NONE if grants else frozenset(_texts(claims.get("roles", []))),
        scopes=frozenset(_text(claims.get("scope", "")).split()),
        amr=tuple(_texts(claims.get("amr", []))),
        authenticated_at=_time(claims["auth_time"]),
        client_id="" if claims["client_id"] == own else _text(claims["client_id"]),
        audience=_text(audience) if grants else "",
    )
    expires_at = min(_time(claims["exp"]), _time(claims["iat"]) + settings.access_ttl)
    return Claims(principal, _time(claims["ver"]), expires_at)


def _decode(payload: bytes) -> dict[str, object]:
    try:
        claims = json.loads(payload.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Rejected(Reason.MALFORMED, "access token payload") from None
    if type(claims) is not dict:
        raise Rejected(Reason.MALFORMED, "access token payload")
    return claims


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # two readers of a duplicated claim may believe different ones (RFC 8725bis; RFC 7519 s. 4)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate claim")
    return found


def _time(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError("not a string")
    return value


def _texts(value: object) -> list[str]:
    if type(value) is not list:
        raise TypeError("not a list")
    return [_text(item) for item in value]
