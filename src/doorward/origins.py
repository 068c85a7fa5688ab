"""The origins of an application, in the one form in which browsers write them: comparing strings is
then enough."""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigurationError

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NUMBER = r"[0-9]+|0x[0-9a-f]*"
MAX_HOST = 253
"""Characters of the name of a host (RFC 1035 section 2.3.4)."""


def check_public_origin(origin: str) -> None:
    """Raises `ConfigurationError` for what no browser sends as an http or https origin, and for
    plain http off this machine."""
    _check("public_origin", origin)


def check_trusted_origins(origins: Collection[str]) -> None:
    """Raises `ConfigurationError` for one that no browser sends, or that stands for many.  Any
    scheme may be named, for what hybrid applications send, such as `capacitor://localhost`."""
    if isinstance(origins, str):
        raise ConfigurationError(
            f"trusted_origins is a list, such as ['https://spa.example'], not the string"
            f" {origins!r}"
        )
    for origin in origins:
        if origin in ("*", "null"):
            whose = "every site" if origin == "*" else "every sandboxed frame and local file"
            raise ConfigurationError(
                f"trusted_origins names each origin: {origin} would trust {whose}"
            )
        _check("trusted_origins", origin, any_scheme=True)


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves this machine (RFC 6761 section 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    from ipaddress import ip_address  # here, because most callers never need it

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check(name: str, origin: object, *, any_scheme: bool = False) -> None:
    if not isinstance(origin, str):
        raise ConfigurationError(f"{name} is one string, not {origin!r}")
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{name} {origin!r}: {error}") from None
    default = {"http": 80, "https": 443}.get(parts.scheme)
    known = default is not None or (any_scheme and parts.scheme not in ("", "file"))
    common = _as_browsers_write(parts.hostname or "")
    written = f"[{common}]" if ":" in common else common
    shown = f"{parts.scheme}://{written}" + (f":{port}" if port not in (None, default) else "")
    if not known or not common or origin != shown:
        raise ConfigurationError(
            f"{name} is like https://app.example, not {origin!r}: {_fault(parts, common, known)}"
        )
    if parts.scheme == "http" and not is_loopback(common):
        raise ConfigurationError(
            f"{name} {origin!r} is plain http off this machine: anyone on the way could "
            "take sessions, and browsers drop Secure cookies; put TLS in front"
        )


def _as_browsers_write(host: str) -> str:
    """The form in which a browser sends a host (WHATWG URL, section 3): an address has one form,
    and a host that ends in a number is an address.  Empty for a host that no browser requests."""
    from ipaddress import IPv6Address, ip_address  # here, because most callers never need it

    try:
        found = ip_address(host)
    except ValueError:
        names = host.removesuffix(".").split(".")
        named = len(host) <= MAX_HOST and all(re.fullmatch(_LABEL, name) for name in names)
        return host if named and not re.fullmatch(_NUMBER, names[-1]) else ""
    if isinstance(found, IPv6Address):
        found = IPv6Address(int(found))  # without its zone
        if found.ipv4_mapped:
            return f"::ffff:{int(found) >> 16 & 0xFFFF:x}:{int(found) & 0xFFFF:x}"
    return str(found)


def _fault(parts: SplitResult, common: str, scheme_is_known: bool) -> str:
    """The first fault that keeps it from being an origin, as advice."""
    if not scheme_is_known:
        return "begin with https://"
    if not parts.hostname:
        return "name the host"
    if not parts.hostname.isascii():
        return "write the host in its ASCII form, xn--..."
    if not common:
        return "write the host as browsers do, such as app.example, 192.0.2.1 or [2001:db8::1]"
    if "@" in parts.netloc or parts[2:] != ("", "", ""):
        return "leave out all but the scheme, the host and the port"
    if common != parts.hostname:
        return f"write the address as browsers do, [{common}]"
    return "write it in lower case, and without the port where it is the usual one"
