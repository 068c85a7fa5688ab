"""`/metrics`: for clients with its token, and for this machine itself."""

import hmac
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import ConfigurationError
from ...origins import is_loopback
from ...web import client
from ...web.transport import Headers

LEAST_TOKEN = 32
"""Characters of a token: fewer could be guessed."""

FORWARDED = frozenset(
    b"forwarded via x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port"
    b" x-forwarded-server x-real-ip x-client-ip x-cluster-client-ip true-client-ip"
    b" cf-connecting-ip".split()
)
"""Headers that a proxy adds.  Behind a proxy on this machine, every client comes from loopback."""


def load_token(path: str) -> bytes:
    """The digest of the token in a file.  Raises `ConfigurationError`."""
    try:
        token = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the metrics token file {path} cannot be read: {error}"
        ) from error
    if len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            f"the metrics token in {path} must be {LEAST_TOKEN} or more printable characters"
            " without spaces, such as `openssl rand -hex 32` makes"
        )
    return sha256(token.encode()).digest()


def may_scrape(peer: str, headers: Headers, token: bytes | None, origin: str) -> bool:
    """Whether this request may read the metrics; `peer` is the other end of its socket, `token` a
    digest, `origin` the public one."""
    if token is not None and _said(headers):
        return _bears(headers, token)
    return _is_local(peer, headers) and _asks_for_us(headers, origin)


def _bears(headers: Headers, token: bytes) -> bool:
    said = _said(headers)
    kind, _, value = said[0].partition(b" ")
    if len(said) != 1 or kind.lower() != b"bearer":
        return False
    return hmac.compare_digest(sha256(value.strip(b" \t")).digest(), token)


def _said(headers: Headers) -> list[bytes]:
    return [value for name, value in headers if name == b"authorization"]


def _asks_for_us(headers: Headers, origin: str) -> bool:
    """Whether `Host` names this machine or the public origin.  Otherwise a page whose name was
    pointed at this machine (DNS rebinding) could read the metrics; its browser sends that name."""
    said = [value for name, value in headers if name == b"host"]
    try:
        hosts = {urlsplit("//" + value.decode()).hostname for value in said}
    except ValueError:
        return False
    ours = urlsplit(origin).hostname
    return all(host is not None and (host == ours or is_loopback(host)) for host in hosts)


def _is_local(peer: str, headers: Headers) -> bool:
    if any(name in FORWARDED for name, _ in headers):
        return False
    address = client.address(peer, (), client.Trusted())
    return bool(address) and ip_address(address).is_loopback
