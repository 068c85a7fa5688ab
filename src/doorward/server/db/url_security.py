"""The way to a database across a network: whether others can read it, or answer in its place."""

import os
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from ...origins import is_loopback
from ...stores import POSTGRES
from .url import shown

_CHECKED = frozenset({"verify-ca", "verify-full"})
"""Values of `sslmode` with which the server must show a certificate that is looked at."""


@dataclass(frozen=True, slots=True)
class OpenWay:
    """What is unprotected about the connection, and what protects it; one sentence each."""

    says: str
    do: str


def open_way(url: str) -> OpenWay | None:
    """None if the connection is protected, or never leaves this machine.

    PostgreSQL's driver uses TLS if it is offered, and goes on without it if it is not, or if
    somebody on the network says so.  So TLS counts only where the URL requires it.
    """
    try:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.scheme == "redis" and not is_loopback(parts.hostname or ""):
            return OpenWay(_read(url), "Write rediss:// instead of redis://.")
        if parts.scheme in POSTGRES and not all(map(_is_here, _hosts(parts, query))):
            return _of_postgres(url, query)
    except ValueError:  # no address at all, which opening it will report
        pass
    return None


def _of_postgres(url: str, query: dict[str, str]) -> OpenWay | None:
    mode = query.get("sslmode") or os.environ.get("PGSSLMODE") or "prefer"
    if mode in _CHECKED:
        return None
    says = _read(url)
    if mode == "require":
        says = f"Others on the network can pose as {shown(url)}: its certificate is not checked."
    return OpenWay(says, "Add ?sslmode=verify-full&sslrootcert=FILE to its URL.")


def _read(url: str) -> str:
    says = f"Others on the network can read and change the traffic to {shown(url)}"
    return f"{says}: TLS is not required."


def _hosts(parts: SplitResult, query: dict[str, str]) -> list[str]:
    """The hosts as libpq finds them, without ports; of none, the driver takes this machine."""
    named = parts.netloc.rpartition("@")[2] or query.get("host") or os.environ.get("PGHOST", "")
    if not named and (query.get("service") or os.environ.get("PGSERVICE")):
        return ["a service, whose host is in a file of its own"]
    return [unquote(_without_port(each)) for each in named.split(",")]


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0]


def _is_here(host: str) -> bool:
    return not host or host.startswith("/") or is_loopback(host)
