"""Cross-site request forgery: who caused a request that carries a cookie.

A browser adds cookies to whatever another site makes it send; a Bearer token is added by code that
was given it.  So an unsafe request on a cookie is asked three questions, and the first that its
headers can answer decides: `Sec-Fetch-Site`, then `Origin`, then a CSRF token bound to the session.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from ..errors import Reason, Rejected
from .transport import Headers

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing; a WebSocket handshake is a GET, but passed in as `WEBSOCKET`."""

_WITNESSES = frozenset({b"sec-fetch-site", b"origin", b"host"})
_PURPOSE = b"doorward csrf token\0"


def vouched(method: str, headers: Headers, public_origin: str | None) -> bool:
    """Whether the browser vouches that a request was caused by our own pages or by its user.

    True also for safe methods; False if it says nothing: then a CSRF token is needed on a cookie.
    Raises `Rejected(cross_origin)` when it names anybody else, or says two things.

    `Sec-Fetch-Site` passes as `same-origin` or `none` (the user typed or reloaded); `same-site` is
    a sibling subdomain, which may be another tenant's, and is refused.  Only without it does
    `Origin` count: a page with `Referrer-Policy: no-referrer` sends `null` even to itself.

    `Origin` must be `public_origin` to the letter.  If that is None, its host and port must be
    those of `Host`: safe enough, because a page cannot choose the `Host` its browser sends, and a
    host reached under another name (DNS rebinding) gets no `__Host-` cookie.  What that does not
    see is http against https of one host; what it refuses needlessly is everything behind a proxy
    that rewrites `Host`.  Setting the public origin cures both.
    """
    if method in SAFE:
        return True
    said: dict[bytes, str] = {}
    for name, value in headers:
        if name in _WITNESSES:
            if name in said:
                raise Rejected(Reason.CROSS_ORIGIN, f"more than one {name.decode()} header")
            said[name] = value.decode("latin-1")
    site, origin = said.get(b"sec-fetch-site"), said.get(b"origin")
    if site is not None:
        own = site in ("same-origin", "none")
    elif origin is not None:
        own = _is_ours(origin, said.get(b"host", ""), public_origin)
    else:
        return False
    if not own:
        raise Rejected(Reason.CROSS_ORIGIN, f"Sec-Fetch-Site {site!r:.64}, Origin {origin!r:.256}")
    return True


def check_csrf(keys: Sequence[bytes], sid: str, headers: Headers, submitted: str | None) -> None:
    """Raise `Rejected(cross_origin)` unless a good CSRF token of the session `sid` came along.

    The header `X-CSRF-Token` decides if it is there, else the form field `submitted`.
    """
    tokens = [value.decode("latin-1") for name, value in headers if name == b"x-csrf-token"]
    if not tokens and submitted is not None:
        tokens = [submitted]
    if len(tokens) != 1:
        raise Rejected(Reason.CROSS_ORIGIN, f"{len(tokens)} CSRF tokens where one is needed")
    if not _is_token(keys, sid, tokens[0]):
        raise Rejected(Reason.CROSS_ORIGIN, "CSRF token of another session or of no session")


def csrf_token(keys: Sequence[bytes], sid: str) -> str:
    """The CSRF token of a session: 43 characters that prove nothing but having read our page.

    `keys` are newest first; the newest signs.  A login makes a new sid, and so a new token.
    """
    return _token(keys[0], sid)


def _is_ours(origin: str, host: str, public_origin: str | None) -> bool:
    if public_origin is not None:
        return origin == public_origin
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and authority != "" and authority == host.lower()


def _is_token(keys: Sequence[bytes], sid: str, token: str) -> bool:
    """Whether any of `keys` made this token; as slow for a near miss as for a wild guess."""
    given = token.encode("utf-8", "surrogatepass")
    return any([hmac.compare_digest(_token(key, sid).encode(), given) for key in keys])


def _token(key: bytes, sid: str) -> str:
    digest = hmac.digest(key, _PURPOSE + sid.encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
