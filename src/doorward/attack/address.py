"""The address of the attacked instance, which must be on this machine."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


class Refused(Exception):
    """The address may not be attacked.  Its text is one sentence."""


@dataclass(frozen=True, slots=True)
class Address:
    """`host` is what the user wrote, `ip` the result of its only look-up, so that a later change of
    DNS leads nowhere else."""

    host: str
    ip: str
    port: int
    scheme: str = "http"

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"


def parse_address(url: str) -> Address:
    """Raises `Refused` for every address that is not this machine's loopback."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise Refused(f"{url!r} is not an address") from None
    if parts.scheme not in PORTS or not host or parts.path not in ("", "/") or parts.query:
        raise Refused(f"{url!r} is not an address such as http://localhost:8000")
    if parts.username is not None or parts.password is not None:
        raise Refused("the address contains a user name or a password")
    return Address(host, _loopback(host, port), port, parts.scheme)


def _loopback(host: str, port: int) -> str:
    try:
        found = [each[4][0] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError:
        raise Refused(f"{host} was not found") from None
    if not all(ipaddress.ip_address(str(ip).partition("%")[0]).is_loopback for ip in found):
        raise Refused(f"{host} is no loopback address, and only those may be attacked")
    return str(min(found, key=lambda ip: ":" in str(ip)))
