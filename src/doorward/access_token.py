"""Access tokens: the claims of a session, signed for minutes (RFC 9068, `typ: at+jwt`).

Which key and algorithm verify is the keyring's business; this is what the claims must say.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_urlsafe

from .claims import a_text, a_time, decoded, key_bound_to, texts
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
    session: Session, keyring: Keyring, settings: Settings, now: int, jkt: str = ""
) -> tuple[str, int]:
    """An access token and when it expires: never after the session itself.

    It holds no personal data: a random subject, ids, times, roles and scopes; of a grant no roles,
    its own audience, and with `jkt` the key that it is bound to (RFC 9449 section 6.1).
    Raises `ValueError` above 3,800 bytes, which `doorward.settings.MAX_ROLE_BYTES` keeps out of
    reach.
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
    if jkt:
        claims["cnf"] = {"jkt": jkt}
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
    claims = decoded(keyring.verify(token, now), "access token")
    try:
        found = _claims(claims, settings, grants)
        begins = max(a_time(claims["iat"]), a_time(claims.get("nbf", 0)))
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
        subject=a_text(claims["sub"]),
        sid=a_text(claims["sid"]),
        mode="token",
        roles=NONE if grants else frozenset(texts(claims.get("roles", []))),
        scopes=frozenset(a_text(claims.get("scope", "")).split()),
        amr=tuple(texts(claims.get("amr", []))),
        authenticated_at=a_time(claims["auth_time"]),
        client_id="" if claims["client_id"] == own else a_text(claims["client_id"]),
        audience=a_text(audience) if grants else "",
        jkt=key_bound_to(claims),
    )
    expires_at = min(a_time(claims["exp"]), a_time(claims["iat"]) + settings.access_ttl)
    return Claims(principal, a_time(claims["ver"]), expires_at)
