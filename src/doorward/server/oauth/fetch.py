"""One document from the internet, at an address that a stranger chose.

Nothing behind this server is reached by it (SSRF): only https, only hosts of which every address is
public, no redirects, and the connection goes to the address that was looked at, so that no second
answer of a name server is asked for.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ...duration import max_age
from ...errors import DoorwardError
from ...settings import DAY, HOUR, MINUTE

TIMEOUT = 5.0
"""Seconds for a connection, and for each part of the answer."""

WHOLE = 10.0
"""Seconds for all of it."""

MAX_BYTES = 16_384

MOST_AT_ONCE = 8
"""Fetches of one process at a time.  What comes then is refused, and waits for none of them."""

FRESH = (MINUTE, HOUR, DAY)
"""Seconds for which a document is good: at least, by default, and at most."""

Address = IPv4Address | IPv6Address

_EMBEDDING = tuple(
    map(ip_network, ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)
"""IPv6 addresses that stand for an IPv4 one, which may be a private one."""

_UNICAST, _EXAMPLES = ip_network("2000::/3"), ip_network("3fff::/20")
"""All that was ever given out of IPv6, and what of it is for documents: Python takes the rest for
public, and site-local addresses (fec0::/10) with it."""


class Unfetched(DoorwardError):
    """There is no such document, or it may not be fetched."""


class Fetched(NamedTuple):
    """A document, and for how many seconds it is good."""

    body: bytes
    fresh_for: int


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet, as the registries have it."""
    embeds = any(address in each for each in _EMBEDDING if each.version == address.version)
    given_out = address.version == 4 or (address in _UNICAST and address not in _EXAMPLES)
    return address.is_global and not address.is_multicast and given_out and not embeds


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="doorward-names")


@dataclass(slots=True)
class Fetch:
    """Gets JSON documents.  `allowed` says which addresses may be reached; `tls` which certificates
    are believed, by default those that the system believes."""

    allowed: Callable[[Address], bool] = is_public
    tls: ssl.SSLContext | None = None
    _under_way: int = field(default=0, init=False)
    _names: ThreadPoolExecutor = field(default_factory=_threads, init=False, repr=False)
    _asked: set[Future[Any]] = field(default_factory=set, init=False, repr=False)

    async def __call__(self, url: str) -> Fetched:
        """The document at an https URL with a host name.  Raises `Unfetched`."""
        if self._under_way >= MOST_AT_ONCE:
            raise Unfetched("too many at once")
        self._under_way += 1
        try:
            async with asyncio.timeout(WHOLE):
                return await self._get(url)
        except (OSError, ValueError) as error:  # a timeout is one of them
            raise Unfetched(str(error)) from None
        finally:
            self._under_way -= 1

    async def _get(self, url: str) -> Fetched:
        import httpx2  # its import costs what most servers need not pay

        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        address = await self._resolved(host, port)
        there = httpx2.URL(url).copy_with(host=str(address))
        if self.tls is None:
            self.tls = await asyncio.to_thread(ssl.create_default_context)
        headers = {"host": parts.netloc, "accept": "application/json"}
        client = httpx2.AsyncClient(verify=self.tls, trust_env=False, timeout=TIMEOUT)
        try:
            async with (
                client,
                client.stream(
                    "GET", there, headers=headers, extensions={"sni_hostname": host}
                ) as answer,
            ):
                if answer.status_code != 200 or not _is_json(answer.headers):
                    raise Unfetched(f"{answer.status_code}, or no JSON")
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MAX_BYTES:
                        raise Unfetched("a large document")
                return Fetched(body, max_age(answer.headers.get("cache-control", ""), *FRESH))
        except httpx2.HTTPError as error:
            raise Unfetched(str(error)) from None

    async def _resolved(self, host: str, port: int) -> Address:
        """The first address of a host, if all of them are allowed.  A slow name server holds its
        thread for longer than anybody waits, so these are not the threads that others need."""
        if len(self._asked) >= MOST_AT_ONCE:
            raise Unfetched("too many names at once")
        asked = self._names.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        found = await asyncio.wrap_future(asked)
        addresses = [ip_address(each[4][0]) for each in found]
        if not addresses or not all(map(self.allowed, addresses)):
            raise Unfetched("an address that is not public")
        return addresses[0]


def _is_json(headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return bool(re.fullmatch(r"application/(json|[a-z0-9.+-]+\+json)", kind))
