"""Where credentials travel: a cookie, or the `Authorization` header."""

import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, get_args

from ..errors import Reason, Rejected
from ..settings import DAY
from ..tokens import REFRESH_PREFIX, SESSION_PREFIX
from ..types import Issued, Mode

Transport = Literal["cookie", "bearer"]
Header = tuple[bytes, bytes]
Modes = tuple[Mode, ...]
"""The modes whose credentials are accepted, the one that is issued first."""

Headers = Iterable[Header]
"""A request's headers as ASGI gives them: (lower-case name, value), in order, duplicates kept."""

SESSION = "__Host-session"
ACCESS = "__Host-access"
REFRESH = "__Host-refresh"

MAX_HEADER_BYTES = 16_384
"""The longest `Cookie` (all of them joined) or `Authorization` header that is looked into."""

SMALL_HEADER_BYTES = 2_048
"""The longest `Cookie` or `Authorization` header whose reading is remembered."""

MAX_COOKIE_BYTES = 4_096
"""Name and value of one cookie; browsers drop a longer one (RFC 6265bis section 5.6)."""

MAX_COOKIE_AGE = 400 * DAY
"""Browsers keep no cookie for longer, whatever it says (RFC 6265bis section 5.5)."""

NO_STORE: Header = (b"cache-control", b"no-store")

CLEAR_SITE_DATA: Header = (b"clear-site-data", b'"storage"')
"""What a browser deletes of this origin at a logout: the data that scripts stored.

Not "cache": for that Chromium searches the cache of every site, which takes seconds, and `no-store`
keeps pages out of it anyway.  Not "cookies": that would also delete those of every sibling
subdomain, and the mark by which the owner's device is known; ours are deleted by name.
"""

_NAMES: dict[Mode, tuple[str, ...]] = {"session": (SESSION,), "token": (ACCESS, REFRESH)}
_ATTRIBUTES = "; Path=/; HttpOnly; Secure; SameSite=Lax"
_TOKEN68 = frozenset(string.ascii_letters + string.digits + "-._~+/=")


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request carries.  `credential` is None when only a refresh cookie came; `mode` is that
    of its cookies, None for a Bearer token."""

    transport: Transport
    credential: str | None = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    mode: Mode | None = None


def check_transport(name: str) -> None:
    """Raises `ValueError` for what is no transport: a slip must not put a credential into a cookie
    that was meant for the answer, or the other way round."""
    if name not in get_args(Transport):
        raise ValueError(f"transport is cookie or bearer, not {name!r}")


def named(name: str, suffix: str) -> str:
    """A cookie's name where `Settings.cookie_suffix` is `suffix`."""
    return f"{name}-{suffix}" if suffix else name


@cache
def _names(mode: Mode, suffix: str) -> tuple[str, ...]:
    return tuple(named(name, suffix) for name in _NAMES[mode])


def read(headers: Headers, modes: Modes, suffix: str = "") -> Presented | None:
    """The credential that a request presents, or None if it presents none.

    The transport is chosen first: a Bearer `Authorization` header (RFC 6750 section 2.1) is the
    answer, good or bad, and cookies beside it are not looked at.  Only the cookies of `modes`
    count, and where there are some of the first, those of the second do not.  Raises
    `Rejected(malformed)` for whatever two parsers could read in two ways.
    """
    authorization: bytes | None = None
    cookie: bytes | None = None
    for name, value in headers:
        if name == b"cookie":
            if cookie is None:
                cookie = value
            elif len(cookie) <= MAX_HEADER_BYTES:  # once too long it is refused, if looked at
                cookie += b"; " + value  # HTTP/2 may split the header (RFC 9113 section 8.2.3)
        elif name == b"authorization":
            if authorization is not None:
                raise Rejected(Reason.MALFORMED, "more than one Authorization header")
            authorization = value
    if authorization is not None:
        token = _bearer(authorization)
        if token is not None:
            return Presented("bearer", token)
    if cookie is None:
        return None
    return _from_cookies(cookie, modes, suffix)


def given(text: object) -> Presented:
    """A credential that a client shows to a handler, and not in a header: a Bearer token, however
    it came.  Raises `Rejected(malformed)`."""
    if not isinstance(text, str) or len(text) > MAX_HEADER_BYTES:
        raise Rejected(Reason.MALFORMED, "no credential, or too long")
    return Presented("bearer", _credential(text))


def held(headers: Headers, suffix: str = "") -> tuple[str, ...]:
    """Every string under a name of ours, of both transports and modes and however badly put: what
    a login replaces and a logout ends.  Each still has to prove itself; being generous here only
    means that no tossed cookie and no second header keeps a session from being ended.

    Each costs at most one read of the store.  Raises `Rejected(malformed)` for headers above
    `MAX_HEADER_BYTES` together, with which no request is authenticated either.
    """
    ours = {*_names("session", suffix), *_names("token", suffix)}
    texts: dict[str, None] = {}
    sizes = (len(value) for name, value in headers if name in (b"authorization", b"cookie"))
    if sum(sizes) > MAX_HEADER_BYTES:
        raise Rejected(Reason.MALFORMED, "Cookie header too long")
    for name, value in headers:
        text = value.decode("latin-1")
        if name == b"authorization" and text[:7].lower() == "bearer ":
            texts[text[7:].strip()] = None
        elif name == b"cookie":
            pairs = (pair.strip(" \t=").partition("=") for pair in text.split(";"))
            texts |= {v.strip(' \t"'): None for n, _, v in pairs if n.strip() in ours}
    return tuple(text for text in texts if text)


def write(issued: Issued, now: int, suffix: str = "") -> list[Header]:
    """The headers that hand `issued` to a browser: its cookies, and `Cache-Control: no-store`.

    A refresh cookie is set only when there is a new refresh token; otherwise the browser keeps its
    own.  Raises `ValueError` for a credential that no cookie can hold: to cut it is to lose it.
    """
    session, (name, *rest) = issued.session, _names(issued.mode, suffix)
    if issued.mode == "session":
        return [_set(name, issued.credential, session.expires_at - now), NO_STORE]
    pairs = [_set(name, issued.credential, issued.credential_expires_at - now)]
    if issued.refresh_token is not None:
        pairs.append(_set(rest[0], issued.refresh_token, session.expires_at - now))
    return [*pairs, NO_STORE]


def clear(suffix: str = "", *, storage: bool = True) -> list[Header]:
    """The headers that delete every cookie of ours, of both modes, and with `storage` what scripts
    kept: for logging out, and only then.

    A deletion with other attributes than the setting would not delete (RFC 6265bis section 5.7).
    """
    kept = [CLEAR_SITE_DATA] if storage else []
    return [*remove("session", suffix), *remove("token", suffix), *kept, NO_STORE]


def has_cookie(headers: Headers, suffix: str = "") -> bool:
    """Whether a cookie of ours came, however bad: it does from a browser in a secure context."""
    ours = {*_names("session", suffix), *_names("token", suffix)}
    texts = (value.decode("latin-1") for name, value in headers if name == b"cookie")
    return any(pair.partition("=")[0].strip() in ours for each in texts for pair in each.split(";"))


def remove(mode: Mode, suffix: str = "") -> list[Header]:
    """The headers that delete the cookies of a mode which a browser gave up for the other."""
    return [_set_cookie(name, "", 0) for name in _names(mode, suffix)]


def _bearer(authorization: bytes) -> str | None:
    """The Bearer token of an `Authorization` header, or None if the scheme is not ours."""
    if authorization[:7].lower() == b"bearer " and len(authorization) <= MAX_HEADER_BYTES:
        return _credential(authorization[7:].decode("latin-1"))
    # `Bearer`, `Bearer\tx`, ` Bearer x`, `Bearer,x`: refused, because a laxer parser might see a
    # token here while we fall through to a cookie.
    if authorization.lstrip()[:6].lower() == b"bearer":
        raise Rejected(Reason.MALFORMED, "not of the form `Bearer token`, or too long")
    return None


def _from_cookies(header: bytes, modes: Modes, suffix: str) -> Presented | None:
    if len(header) > MAX_HEADER_BYTES:
        raise Rejected(Reason.MALFORMED, "Cookie header too long")
    for mode in modes:
        found = _of_mode(header, mode, suffix)
        if found is not None:
            return found
    return None


def _of_mode(header: bytes, mode: Mode, suffix: str) -> Presented | None:
    """The credentials in a `Cookie` header under exactly the names of `mode`."""
    names, text = _names(mode, suffix), header.decode("latin-1")
    name, _, value = text.partition("=")
    if name == names[0] and ";" not in value:  # our cookie alone: the hot path
        return Presented("cookie", _of_kind(name, value, suffix), mode=mode)
    found: dict[str, str] = {}
    for pair in text.split(";"):
        if "__Host-" not in pair:  # the cheap question first: most cookies are not ours
            continue
        name, _, value = pair.lstrip(" \t").partition("=")
        if name in names:
            if name in found:
                # Cookie tossing: never the first or the last of two by chance.
                raise Rejected(Reason.MALFORMED, "duplicate cookie")
            found[name] = _of_kind(name, value, suffix)
        elif (bare := name.strip()) in names or not bare:
            # `=__Host-session=x`: some browsers send a nameless cookie without its first `=`.
            raise Rejected(Reason.MALFORMED, "nameless or padded cookie")
    if not found:
        return None
    return Presented("cookie", found.get(names[0]), found.get(named(REFRESH, suffix)), mode)


def _of_kind(name: str, text: str, suffix: str) -> str:
    """A cookie's credential, which must be of the kind that its name says.  While an application
    changes its mode it accepts both kinds, and one request could hold the credentials of two
    people."""
    kind = _kind(text)
    if kind is not None and named(kind, suffix) != name:
        raise Rejected(Reason.MALFORMED, "a credential under the name of another kind")
    return _credential(text)


def _kind(text: str) -> str | None:
    """The name under which a credential belongs, by its form; None for what has no form of ours."""
    if text.startswith(SESSION_PREFIX):
        return SESSION
    if text.startswith(REFRESH_PREFIX):
        return REFRESH
    return ACCESS if "." in text else None


def _credential(text: str) -> str:
    """`text`, if every parser reads it alike; its grammar is for the token's own parser."""
    if not text or not text.isascii() or '"' in text or " " in text or "," in text:
        raise Rejected(Reason.MALFORMED, "empty, quoted, not ASCII, or more than one value")
    return text


def _set(name: str, credential: str, seconds: int) -> Header:
    room = MAX_COOKIE_BYTES - len(name)
    # Only what our own tokens are made of: a `;` or a line break here would split the response.
    if not 0 < len(credential) <= room or not _TOKEN68.issuperset(credential):
        raise ValueError(f"no cookie can hold this credential of {len(credential)} characters")
    return _set_cookie(name, credential, min(max(0, seconds), MAX_COOKIE_AGE))


def _set_cookie(name: str, value: str, seconds: int) -> Header:
    return b"set-cookie", f"{name}={value}; Max-Age={seconds}{_ATTRIBUTES}".encode("ascii")
