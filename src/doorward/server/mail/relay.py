"""The server that takes our mail: where it is, and how the way there is closed to others."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from ...origins import is_loopback

_PORTS = {"smtp": 587, "smtps": 465}  # RFC 6409, RFC 8314


Tls = Literal["implicit", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Relay:
    """`implicit` is TLS from the first byte (RFC 8314); with `starttls` nothing is said before TLS
    is agreed on (RFC 3207)."""

    host: str
    port: int
    user: str | None
    tls: Tls


def parse_relay(url: str) -> Relay:
    """`smtp://[USER@]HOST[:587]` or `smtps://[USER@]HOST[:465]`.  Raises `ValueError`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its own words repeat the URL, in which a password may stand
        raise ValueError("like smtp://user@host:587 or smtps://user@host") from None
    if parts.password is not None:
        raise ValueError("the password goes into --smtp-password-file, where no list shows it")
    if parts.scheme not in _PORTS or not parts.hostname or _more(parts):
        raise ValueError("like smtp://user@host:587 or smtps://user@host")
    return Relay(
        host=parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        user=None if parts.username is None else unquote(parts.username),
        tls=_tls(parts.scheme, parts.hostname),
    )


def _tls(scheme: str, host: str) -> Tls:
    if scheme == "smtps":
        return "implicit"
    return "none" if is_loopback(host) else "starttls"


def _more(parts: SplitResult) -> bool:
    return parts.path not in ("", "/") or bool(parts.query or parts.fragment)
