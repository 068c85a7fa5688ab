"""Every duration and limit of the library, checked once, when it is constructed."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import get_args

from .duration import LONGEST, Time, seconds, time
from .errors import ConfigurationError
from .origins import check_public_origin, check_trusted_origins
from .types import Mode

MINUTE, HOUR, DAY = 60, 3600, 86400

ELEVATE_OVERLAP = MINUTE
"""Seconds the previous secret still authenticates after a step-up: requests under way finish."""

MAX_BRANCHES = 16
"""Re-branches of one generation before a session counts as unsteady."""

CLOCK_SKEW = MINUTE
"""Seconds by which the clock of the process that issued a token may run ahead of ours."""

JWKS_MAX_AGE = HOUR
"""Seconds for which others may cache our public keys; a next key is published for at least this
long before it signs, unless its predecessor is compromised."""

CLOCK_DISAGREEMENT = 10 * MINUTE
"""Seconds by which the clocks of two processes may differ without a revoked access token living
again: one that waited as being from the future must find its revocation remembered still."""

MAX_ROLE_BYTES = 1000
"""Bytes of JSON of the role names of one session, and as many again of its scope names: keeps an
access token under 3,800 bytes, and is the same in both modes, so that switching breaks nobody."""

MAX_NAME_BYTES = {"ES256": 450, "EdDSA": 450, "RS256": 150}
"""The most bytes of JSON for the issuer and twice the audience, which is also the client id of the
application: they leave room for the most roles and scopes in an access token.  Signatures of RS256
are longer."""

MAX_FACTORS = 8
"""Factors of one session; a person rarely proves three."""

MAX_ID_CHARACTERS = 128
"""Characters of a subject or a client id: well within the 255 that OpenID Connect Core section 2
allows, because an access token has room for both beside its roles and scopes."""

MAX_GRANT_CHARACTERS = 255
"""Characters of the client id and of the audience of a grant, which may be URLs.  An access token
of a grant has no roles, so there is room."""

MAX_ATTRIBUTE_BYTES = 1000
"""Bytes of JSON an application may keep with a session.  Keep it small."""

MAX_PLACES = 1_000_000
"""The largest `max_sessions`; without a limit, leave it out."""

_SUFFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How sessions live and die.  A time is given in whole seconds, as a `timedelta`, or as text
    such as `"14d"`; the field holds whole seconds.

    Raises `ConfigurationError` for a combination that is unsafe or cannot work.
    """

    mode: Mode = "session"
    accept: tuple[Mode, ...] = ()
    access_ttl: Time[int] = time(5 * MINUTE)
    idle_ttl: Time[int] = time(14 * DAY)
    absolute_ttl: Time[int] = time(30 * DAY)
    touch_every: Time[int | None] = time(None)
    refresh_grace: Time[int | None] = time(None)
    max_staleness: Time[int] = time(1)
    public_origin: str | None = None
    trusted_origins: tuple[str, ...] = ()
    issuer: str | None = None
    audience: str | None = None
    max_sessions: int | None = None
    end_oldest: bool = True
    algorithm: str = "ES256"
    remember: int = 100_000
    cookie_suffix: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in _MODES:
            raise ConfigurationError(f"mode is session or token, not {self.mode!r}")
        _check_accept(self.accept, self.mode)
        self._take_times()
        _positive("remember", self.remember)
        if self.max_sessions is not None:
            _positive("max_sessions", self.max_sessions)
            if self.max_sessions > MAX_PLACES:
                raise ConfigurationError(f"max_sessions is at most {MAX_PLACES}, or None")
        if type(self.end_oldest) is not bool:
            raise ConfigurationError(f"end_oldest is True or False, not {self.end_oldest!r}")
        if self.access_ttl > DAY:
            raise ConfigurationError("access_ttl above a day is not short-lived (RFC 9700 2.2)")
        if self.touch_after * 2 > max(self.idle_ttl, 2):
            raise ConfigurationError(
                "touch_every above half of idle_ttl would end sessions that are in use"
            )
        if self.algorithm not in ("ES256", "EdDSA", "RS256"):
            raise ConfigurationError(f"algorithm is ES256, EdDSA or RS256, not {self.algorithm!r}")
        _check_suffix(self.cookie_suffix)
        if self.public_origin is not None:
            check_public_origin(self.public_origin)
        check_trusted_origins(self.trusted_origins)
        for name in ("issuer", "audience"):
            _check_name(name, getattr(self, name))
        _check_names(self.token_issuer, self.token_audience, self.algorithm)

    def _take_times(self) -> None:
        """Make whole seconds of every time that was given."""
        for name, least, most in _TIMES:
            given = getattr(self, name)
            if given is not None or name not in ("touch_every", "refresh_grace"):
                object.__setattr__(self, name, _taken(name, given, least, most))

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes whose credentials are accepted, the one that is issued first."""
        return (self.mode, *sorted(set(self.accept) - {self.mode}))

    @property
    def grace(self) -> int:
        """G of the refresh rules: how long the parent of a refresh token is merely replayed."""
        return self.access_ttl if self.refresh_grace is None else self.refresh_grace

    @property
    def touch_after(self) -> int:
        """Seconds between two notes of activity: 5 minutes, or a quarter of a short idle time."""
        return (
            max(1, min(300, self.idle_ttl // 4)) if self.touch_every is None else self.touch_every
        )

    @property
    def retain(self) -> int:
        """Seconds for which a change must be remembered: twice the life of any access token that
        was issued before it, by whatever clock."""
        return 2 * (self.access_ttl + CLOCK_DISAGREEMENT)

    @property
    def token_issuer(self) -> str:
        """`iss` of access tokens (RFC 9068 section 2.2)."""
        return self.issuer or self.public_origin or "doorward"

    @property
    def token_audience(self) -> str:
        """`aud` of access tokens: this application alone (ASVS 9.2.4)."""
        return self.audience or self.token_issuer


_TIMES = (
    ("access_ttl", 1, None),
    ("idle_ttl", 1, LONGEST),
    ("absolute_ttl", 1, LONGEST),
    ("touch_every", 1, LONGEST),
    ("refresh_grace", 0, None),
    ("max_staleness", 0, DAY),
)
"""Each time with its least and its greatest value.  Any grace from 0 on is accepted as it is.  The
lifetime of an access token has its own bound."""


def _taken(name: str, given: object, least: int, most: int | None) -> int:
    try:
        found = seconds(given)
    except ValueError as error:
        raise ConfigurationError(f"{name} is {error}") from None
    if found < least:
        raise ConfigurationError(f"{name} is at least {least}s, not {given!r}")
    if most is not None and found > most:
        named = "a day" if most == DAY else "a hundred years"
        raise ConfigurationError(f"{name} is at most {named}, not {given!r:.60}")
    return found


def _check_name(name: str, value: object) -> None:
    """A name that access tokens carry: what is empty would stand for another, what is long would
    leave no room for roles."""
    if value is None:
        return
    text = value if isinstance(value, str) and value.isascii() and value.isprintable() else ""
    if not 1 <= len(text) <= MAX_ID_CHARACTERS:
        raise ConfigurationError(
            f"{name} is 1 to {MAX_ID_CHARACTERS} printable ASCII characters, not {value!r:.60}"
        )


def _check_accept(accept: object, mode: Mode) -> None:
    if isinstance(accept, str) or not isinstance(accept, Collection):
        kind = "the string " if isinstance(accept, str) else ""
        raise ConfigurationError(
            f"accept is a list of modes, such as ['session', 'token'], not {kind}{accept!r}"
        )
    if not accept:
        return
    said = ",".join(map(str, accept))
    if any(each not in _MODES for each in accept):
        raise ConfigurationError(f"accept is session, token or both, not {said}")
    if mode not in accept:
        raise ConfigurationError(
            f"accept is {said} without the mode that is issued, {mode}: say session,token to accept"
            f" both, or leave it out for {mode} alone"
        )


def _check_names(issuer: str, audience: str, algorithm: str) -> None:
    size, most = _size(issuer) + 2 * _size(audience), MAX_NAME_BYTES[algorithm]
    if size > most:
        raise ConfigurationError(
            f"issuer and audience leave no room for roles in an access token of {algorithm}: the"
            f" issuer and twice the audience are {size} bytes, at most {most} fit; choose shorter"
            " names, or set issuer and audience where they come from a long public_origin"
        )


def _size(name: str) -> int:
    return len(json.dumps(name)) - 2  # without its quotation marks


def _positive(name: str, value: object) -> None:
    if type(value) is not int or value <= 0:
        raise ConfigurationError(f"{name} is a whole number above 0, not {value!r}")


def _check_suffix(suffix: str | None) -> None:
    if suffix is not None and not _SUFFIX.fullmatch(suffix):
        raise ConfigurationError(
            "cookie_suffix is up to 32 letters, digits, - and _, a letter or digit first, not"
            f" {suffix!r}"
        )
