"""Where a browser is sent with a code: to an address that was registered, letter for letter."""

import re
from collections.abc import Collection
from typing import NewType
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

CheckedUri = NewType("CheckedUri", str)
"""An address that was compared with the registered ones.  Only `checked` and
`exactly` make one."""

LONGEST = 500

RESERVED = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})
"""Parameters that we add: an address that has one already would be read in two ways."""

_PLAIN = re.compile(r"[!$-)+-;=?-\[\]_a-z~]+")  # no space, quotation mark, \ ^ ` { | } < > # *
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([1-9]\d{0,4}))?(/[^:]*)", re.ASCII)
_PRIVATE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/(?:[^/].*)?")


def check_registered(uri: str) -> None:
    """Raises `ValueError` with a sentence for what may not be registered: only `https`, `http` for
    this machine by its address, and schemes named after a domain (RFC 8252 section 7) are."""
    if not _PLAIN.fullmatch(uri) or len(uri) > LONGEST:
        raise ValueError(
            f"a redirect URI is up to {LONGEST} characters of ASCII, without spaces, # and *"
        )
    if not (_is_https(uri) or _LOOPBACK.fullmatch(uri) or _PRIVATE.fullmatch(uri)):
        raise ValueError(
            "a redirect URI begins with https:// and a host, with http://127.0.0.1/ or"
            " http://[::1]/, or with a scheme named after a domain, such as com.example.app:/"
        )
    if twice := RESERVED & {name for name, _ in parse_qsl(urlsplit(uri).query, True)}:
        raise ValueError(f"the query of a redirect URI may not contain {', '.join(sorted(twice))}")


def checked(registered: Collection[str], given: str) -> CheckedUri | None:
    """The given address if it is a registered one, else None.  They are compared as strings (RFC
    9700 section 2.1); on this machine any port will do (RFC 8252 section 7.3)."""
    if given in registered or _without_port(given) in map(_without_port, registered):
        return CheckedUri(given)
    return None


def exactly(registered: Collection[str], given: str) -> CheckedUri | None:
    """The given address if it is a registered one to the letter, with its port, else None (OpenID
    Connect RP-Initiated Logout 1.0 section 3)."""
    return CheckedUri(given) if given in registered else None


def is_provable(uri: str) -> bool:
    """Whether only the owner of a host gets what is sent there.  Any program of the device may
    listen on a port of it or claim a scheme (RFC 8252 section 8.6)."""
    return uri.startswith("https://")


def host_of(uri: str) -> str:
    """What people are told of an address: the host, or what stands for it."""
    if is_provable(uri):
        return urlsplit(uri).netloc
    return "this device" if uri.startswith("http:") else uri.partition(":")[0]


def with_parameters(uri: CheckedUri, **said: str) -> str:
    """The address with these parameters in its query; empty ones are left out."""
    added = urlencode({name: text for name, text in said.items() if text}, quote_via=quote)
    if not added:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{added}"


def _is_https(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        named = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return named and uri.startswith("https://") and "@" not in parts.netloc


def _without_port(uri: str) -> str:
    """An address of this machine without its port, and any other as it is."""
    found = _LOOPBACK.fullmatch(uri)
    return uri if found is None or int(found[2] or 1) > 65535 else found[1] + found[3]
