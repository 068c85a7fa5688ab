"""Cross-site request forgery: who caused a request that carries a cookie.

A browser adds cookies to whatever another site makes it send; a Bearer token is added by code that
was given it.  So an unsafe request on a cookie is asked three questions, and the first that its
headers can answer decides: `Sec-Fetch-Site`, then `Origin`, then a CSRF token bound to the session.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import Reason, Rejected
from ..settings import Settings
from .transport import Headers

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing; a WebSocket handshake is a GET, but passed in as `WEBSOCKET`."""

FROM_ELSEWHERE = "Cross-origin request refused"
"""The beginning of the sentence that refuses an unknown origin."""

_WITNESSES = frozenset({b"sec-fetch-site", b"origin", b"host"})
_PURPOSE = b"doorward csrf token\0"
_USUAL_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Cause:
    """The headers by which a browser names the page that caused a request; None if missing."""

    site: str | None
    origin: str | None
    host: str


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins that an application takes for its own: where it is, and those that it trusts.

    Both, and the `Origin` of a request, are in the one form in which browsers write an origin:
    settings in any other are refused.  So they are compared to the letter.
    """

    public: str | None = None
    trusted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> "Origins":
        """Those of an application.  Our own is judged more strictly than one that is trusted, so
        it stays our own if it is listed as well."""
        own = settings.public_origin
        return cls(own, frozenset(settings.trusted_origins) - {own})

    def vouched(self, method: str, cause: Cause) -> bool:
        """Whether the browser vouches that a request was caused by our own pages, by those of a
        trusted origin, or by its user.

        True also for safe methods; False if it says nothing: then a CSRF token is needed on a
        cookie.  Raises `Rejected(cross_origin)` when it names anybody else.

        `Sec-Fetch-Site` passes as `same-origin` or `none` (the user typed or reloaded); `same-site`
        is a sibling subdomain, which may be another tenant's, and passes only with a trusted
        `Origin`.  Only without it does our own `Origin` count: a page with `Referrer-Policy:
        no-referrer` sends `null` even to itself.
        """
        if method in SAFE or cause.site in ("same-origin", "none") or self.trusts(cause):
            return True
        if cause.site is None:
            if cause.origin is None:
                return False
            if self.is_own(cause):
                return True
        raise self.refusal(cause)

    def trusts(self, cause: Cause) -> bool:
        """Whether the page is one of a trusted origin.  No page can forge its `Origin`."""
        return cause.origin in self.trusted and cause.site in (None, "same-site", "cross-site")

    def is_own(self, cause: Cause) -> bool:
        """Whether `Origin` names our own.

        If the public origin is None, its host and port must be those of `Host`: safe enough,
        because a page cannot choose the `Host` its browser sends, and a host reached under another
        name (DNS rebinding) gets no `__Host-` cookie.  What that does not see is http against https
        of one host; what it refuses needlessly is everything behind a proxy that rewrites `Host`.
        Setting the public origin cures both.
        """
        if cause.origin is None or self.public is not None:
            return cause.origin is not None and cause.origin == self.public
        scheme, _, authority = cause.origin.partition("://")
        usual = _USUAL_PORTS.get(scheme)
        host = cause.host.lower().removesuffix(usual or "")
        return usual is not None and authority != "" and authority == host

    def keeps_no_cookies(self, cause: Cause) -> bool:
        """Whether the page is one of a trusted origin on another site: there browsers neither keep
        our cookies nor send them (SameSite=Lax).

        The browser knows: it has the list of public suffixes, and says `same-site` or `cross-site`.
        For one that says neither, `may_share_site` stands in.  To be wrong there costs a login that
        does not last, and opens nothing, since the origin is trusted.
        """
        if not self.trusts(cause):
            return False
        if cause.site is not None:
            return cause.site == "cross-site"
        origin = cause.origin or ""
        own = self.public or f"{origin.partition('://')[0]}://{cause.host}"
        return not may_share_site(origin, own)

    def refusal(self, cause: Cause) -> Rejected:
        """The answer to another origin: what was seen, and what is known."""
        seen = f"Origin is {_shown(cause.origin)}, Sec-Fetch-Site is {_shown(cause.site)}"
        own = self.public or f"the host {_shown(cause.host)}"
        known = ", ".join([own, *sorted(self.trusted)])
        return Rejected(
            Reason.CROSS_ORIGIN,
            seen,
            sentence=(
                f"{FROM_ELSEWHERE}: {seen}; known origins: {known}. To trust another origin, add"
                " it to trusted_origins (--trusted-origin)."
            ),
        )

    def no_cookies(self, cause: Cause) -> Rejected:
        """The answer to a trusted origin that is on another site and uses cookies."""
        own = self.public or f"the host {_shown(cause.host)}"
        return Rejected(
            Reason.CROSS_ORIGIN,
            f"cookies on another site: Origin {_shown(cause.origin)}",
            sentence=(
                f"Cookies refused: the trusted origin {_shown(cause.origin)} is on another site"
                f" than {own}, so no browser would send them back. Log in with the transport"
                " bearer, and send no cookies."
            ),
        )


def cause_of(headers: Headers) -> Cause:
    """What the headers of a request say.  Raises `Rejected(cross_origin)` if they say it twice."""
    said: dict[bytes, str] = {}
    for name, value in headers:
        if name in _WITNESSES:
            if name in said:
                raise Rejected(Reason.CROSS_ORIGIN, f"more than one {name.decode()} header")
            said[name] = value.decode("latin-1")
    return Cause(said.get(b"sec-fetch-site"), said.get(b"origin"), said.get(b"host", ""))


def may_share_site(one: str, other: str) -> bool:
    """Whether two origins may be of one site: False only where they are not, by whatever list of
    public suffixes.  A site has a scheme and at least two labels, or it is one host."""
    try:
        first, second = urlsplit(one), urlsplit(other)
        hosts = first.hostname or "", second.hostname or ""
    except ValueError:  # the Host header may be anything
        return False
    if first.scheme != second.scheme:
        return False
    tails = [host.split(".")[-2:] for host in hosts]
    is_name = len(tails[0]) == 2 and not tails[0][1].isdigit()
    return hosts[0] == hosts[1] or (is_name and tails[0] == tails[1])


def unreadable() -> Rejected:
    """The refusal where nothing vouches for a request, and no session can be read from the cookies
    under Doorward's names."""
    return Rejected(
        Reason.CROSS_ORIGIN,
        "unreadable cookies, and no header that names the page",
        sentence=(
            "The cookies of this request cannot be read, and nothing else shows that it came from"
            " the application's own pages. Delete the cookies of this site, then try again."
        ),
    )


def check_csrf(keys: Sequence[bytes], sid: str, headers: Headers, submitted: str | None) -> None:
    """Raise `Rejected(cross_origin)` unless a good CSRF token of the session `sid` came along.

    The header `X-CSRF-Token` decides if it is there, else the form field `submitted`.
    """
    tokens = csrf_tokens(headers, submitted)
    if len(tokens) != 1:
        raise Rejected(Reason.CROSS_ORIGIN, f"{len(tokens)} CSRF tokens where one is needed")
    if not _is_token(keys, sid, tokens[0]):
        raise Rejected(
            Reason.CROSS_ORIGIN,
            "CSRF token of another session or of no session",
            sentence=(
                "This page (its CSRF token) belongs to another login than the one that is active"
                " here now. Load it again, then repeat what you did."
            ),
        )


def csrf_tokens(headers: Headers, submitted: str | None) -> list[str]:
    """The CSRF tokens that came along."""
    tokens = [value.decode("latin-1") for name, value in headers if name == b"x-csrf-token"]
    return [submitted] if not tokens and submitted is not None else tokens


def csrf_token(keys: Sequence[bytes], sid: str) -> str:
    """The CSRF token of a session: 43 characters that prove nothing but having read our page.

    `keys` are newest first; the newest signs.  A login makes a new sid, and so a new token.
    """
    return _token(keys[0], sid)


def _shown(said: str | None) -> str:
    """A value that a client sent, for people to read: bounded, and without line breaks."""
    return "missing" if said is None else ascii(said[:256])[1:-1] or "empty"


def _is_token(keys: Sequence[bytes], sid: str, token: str) -> bool:
    """Whether any of `keys` made this token; as slow for a near miss as for a wild guess."""
    given = token.encode("utf-8", "surrogatepass")
    return any([hmac.compare_digest(_token(key, sid).encode(), given) for key in keys])


def _token(key: bytes, sid: str) -> str:
    digest = hmac.digest(key, _PURPOSE + sid.encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
