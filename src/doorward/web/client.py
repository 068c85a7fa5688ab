"""Who is at the other end: the address behind the proxies, and a name for the device."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from ..types import Device
from . import forwarded
from .transport import Headers

Address = IPv4Address | IPv6Address

MAX_USER_AGENT = 256
"""Code points kept of a `User-Agent`."""

UNKNOWN = "unknown"
"""The bucket of clients without an address: a unix socket, a test client."""

_LONGEST = len("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%interface-name]:65535")

_METHODS = frozenset({b"x-original-method", b"x-forwarded-method"})

_SCHEMES = {"http": "http", "ws": "http", "https": "https", "wss": "https"}

# The first that occurs decides: Edge also says Chrome, Chrome also says Safari, Android also Linux.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Macintosh": "macOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class Trusted:
    """The networks of our own proxies: only what they forward is believed.  `standard` if they
    write `Forwarded` (RFC 7239), and not `X-Forwarded-For` and `X-Forwarded-Proto`."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    standard: bool = False

    @classmethod
    def parse(cls, networks: Sequence[str], *, standard: bool = False) -> "Trusted":
        """From addresses and CIDR networks.  Raises `ConfigurationError`, also for host bits set:
        `10.0.0.1/8` is more likely a slip than the wish to trust ten million machines."""
        if isinstance(networks, str):
            raise ConfigurationError(
                f"trusted proxies are a list of addresses and networks, not the string {networks!r}"
            )
        try:
            return cls(tuple(map(_network, networks)), standard)
        except ValueError as error:
            raise ConfigurationError(f"trusted proxies: {error}") from None

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def peer_of(scope: Mapping[str, Any]) -> str:
    """The address at the other end of the socket, or "" if it has none (a unix socket)."""
    found: str = (scope.get("client") or ("",))[0]
    return found


def address(peer: str, headers: Headers, trusted: Trusted) -> str:
    """The client's address in its one normal form, or "" if the peer has none (a unix socket).

    `X-Forwarded-For`, or `for` of `Forwarded`, is walked from the right, which our nearest proxy
    wrote, and only as long as a proxy of ours wrote the entry; anybody can have written the entries
    further left.  An entry that is no address ends the walk at the proxy that vouched for it.
    """
    found = _parse(peer)
    if found is None or found not in trusted:
        return "" if found is None else str(found)
    for entry in _way(forwarded.addresses(list(headers), standard=trusted.standard), trusted):
        found = _parse(entry) or found
    return str(found)


def scheme(connection: str, peer: str, headers: Headers, trusted: Trusted) -> str:
    """`http` or `https`: what the client speaks, where `connection` is what the peer speaks and
    counts unless proxies of ours say otherwise."""
    return told_scheme(peer, headers, trusted) or connection


def told_scheme(peer: str, headers: Headers, trusted: Trusted) -> str | None:
    """`http` or `https` as our proxies say in `X-Forwarded-Proto`, or in `proto` of `Forwarded`;
    None if they say nothing, "" if what they say is neither, or contradicts itself.

    If a list names both, the entry counts that has the position of the client's address in the list
    of addresses: the proxy that the client asked wrote both.
    """
    headers = list(headers)
    if not is_ours(peer, trusted):
        return None
    said = forwarded.schemes(headers, standard=trusted.standard)
    if not any(said):
        return None
    # an empty entry counts: without it, only the client's own entry would be left
    told = {_SCHEMES.get(each, "") for each in said}
    if len(told) < 2:
        return told.pop()
    asked_by = forwarded.addresses(headers, standard=trusted.standard)
    place = max(len(_way(asked_by, trusted)) - 1, 0)
    return _SCHEMES.get(said[place], "") if place < len(said) <= len(asked_by) else ""


def is_ours(peer: str, trusted: Trusted) -> bool:
    """Whether the other end of the socket is a proxy of ours."""
    source = _parse(peer)
    return source is not None and source in trusted


def _way(entries: Sequence[str], trusted: Trusted) -> Sequence[str]:
    """The entries, from the nearest on, that proxies of ours wrote; the last is of the client."""
    for place, entry in enumerate(entries):
        if not is_ours(entry, trusted):
            return entries[: place + 1]
    return entries


def host(peer: str, headers: Headers, trusted: Trusted) -> str:
    """The host and port the client asked for, or "": `X-Forwarded-Host` of a trusted proxy, else
    `Host`.  Anybody can send any `Host`, so no link or issuer is ever built from it.
    """
    said = _forwarded(b"x-forwarded-host", peer, headers, trusted)
    return said or _only(b"host", headers) or ""


def plain_host(scope: Mapping[str, Any], trusted: Trusted) -> str:
    """The host that was asked for, without its port, if the client speaks plain http; else ""."""
    peer, headers = peer_of(scope), list(scope["headers"])
    if scheme(scope.get("scheme", ""), peer, headers, trusted) != "http":
        return ""
    try:
        return urlsplit("//" + host(peer, headers, trusted)).hostname or ""
    except ValueError:
        return ""


def method(peer: str, headers: Headers, trusted: Trusted) -> str:
    """What the request does that a proxy asks about, or "" if there is no telling: the
    `X-Original-Method` or `X-Forwarded-Method` of a trusted proxy.  Two that differ say nothing:
    the proxy wrote one of them, and anybody the other.

    The handshake of a WebSocket, which a proxy calls a GET, is `WEBSOCKET`.
    """
    if any(name == b"sec-websocket-key" for name, _ in headers):
        return "WEBSOCKET"
    names = {name for name, _ in headers} & _METHODS
    said = {_forwarded(name, peer, headers, trusted) for name in names}
    return (said.pop() or "") if len(said) == 1 else ""


def uri(peer: str, headers: Headers, trusted: Trusted) -> str:
    """The path and query that a proxy asks about, as `X-Forwarded-Uri` of a trusted proxy says; or
    "" if there is no telling."""
    said = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-uri"]
    return said[0] if len(said) == 1 and is_ours(peer, trusted) else ""


def bucket(address: str) -> str:
    """What a limiter counts as one source: an IPv4 address, or the /64 that one IPv6 customer has.

    All clients without an address are counted together, as `unknown`.
    """
    found = _parse(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return UNKNOWN if found is None else str(found)


def device(headers: Headers, address: str) -> Device:
    """What the person will recognise in the list of their sessions.  Never raises.

    Whatever is not printable (line breaks, terminal escapes, right-to-left overrides) becomes
    U+FFFD, so that neither a log nor a list can be rewritten by a `User-Agent`.
    """
    raw = next((value for name, value in headers if name == b"user-agent"), b"")
    text = raw[: 4 * MAX_USER_AGENT].decode("utf-8", "replace")[:MAX_USER_AGENT]
    agent = "".join([char if char.isprintable() else "\ufffd" for char in text])
    return Device(address, agent, _label(agent))


def _label(agent: str) -> str:
    """A short name for people: "Firefox on Linux", "Safari on iPhone", "curl"."""
    if not agent.startswith("Mozilla/"):
        program = agent.partition("/")[0].partition(" ")[0]
        return program[:40] or "Unknown client"
    browser = next((name for mark, name in _BROWSERS.items() if mark in agent), "Browser")
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def _network(text: str) -> IPv4Network | IPv6Network:
    """IPv4 in IPv6 unwrapped, as with the addresses that are compared with it."""
    found = ip_network(text)
    if isinstance(found, IPv6Network) and found.prefixlen >= 96:
        mapped = found.network_address.ipv4_mapped
        return IPv4Network((mapped, found.prefixlen - 96)) if mapped else found
    return found


def _forwarded(header: bytes, peer: str, headers: Headers, trusted: Trusted) -> str | None:
    return _only(header, headers) if is_ours(peer, trusted) else None


def _only(header: bytes, headers: Headers) -> str | None:
    """The value of a header that came once and is no list: of two there is no telling which."""
    values = [value for name, value in headers if name == header]
    if len(values) != 1 or b"," in values[0]:
        return None
    return values[0].decode("latin-1").strip(" \t")


def _parse(text: str) -> Address | None:
    """An address, also as `address:port`, `[address]:port` or with a zone; IPv4 in IPv6 unwrapped,
    so that one client has one name."""
    text = text.strip(" \t")
    if len(text) > _LONGEST:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found
