"""HTTP to one loopback address; the caller controls every header."""

import http.client
import json
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from .address import Address
from .exchange import Exchange

TIMEOUT = 10
"""Seconds to wait for an answer to begin, or to go on."""

LONGEST = 30
"""Seconds in which an answer must have come to its end."""

LARGEST = 10_000_000
"""Bytes of an answer."""

Pairs = Sequence[tuple[str, str]]

_ANY_CERTIFICATE = ssl.create_default_context()
"""Trusts every certificate: the address is on this machine, and its server is the one attacked."""
_ANY_CERTIFICATE.check_hostname = False
_ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


def another_source(ip: str) -> str:
    """A random loopback address to come from; empty where this machine has only one."""
    if ":" in ip:
        return ""
    one, two, three = (secrets.randbelow(254) + 1 for _ in range(3))
    found = f"127.{one}.{two}.{three}"
    with socket.socket() as probe:
        try:
            probe.bind((found, 0))
        except OSError:
            return ""
    return found


def _whole(read: Callable[[int], bytes]) -> bytes:
    """Everything that comes.  Raises `TimeoutError` for an answer that has no end."""
    found, until = bytearray(), time.monotonic() + LONGEST
    while part := read(65_536):
        found += part
        if len(found) > LARGEST or time.monotonic() > until:
            raise TimeoutError("the answer has no end")
    return bytes(found)


@dataclass(slots=True)
class Client:
    """Opens a connection for each request, follows no redirect, and keeps a transcript.  It
    connects from the loopback address `source`, or from the usual one."""

    address: Address
    source: str = ""
    transcript: list[Exchange] = field(default_factory=list)

    def elsewhere(self) -> "Client":
        """A client with another address, where this machine has more than one."""
        return Client(self.address, another_source(self.address.ip), self.transcript)

    def send(
        self,
        method: str,
        path: str,
        headers: Pairs = (),
        *,
        data: Any = None,
        form: dict[str, str] | None = None,
        body: str = "",
    ) -> Exchange:
        """Send exactly these headers, duplicates included; `Host` is added where it is missing.

        `data` is sent as JSON, `form` as a form, `body` as it is.  Raises `OSError` and
        `http.client.HTTPException` when no answer comes.
        """
        sent = list(headers)
        if data is not None:
            body = json.dumps(data)
            sent.append(("Content-Type", "application/json"))
        if form is not None:
            body = urlencode(form)
            sent.append(("Content-Type", "application/x-www-form-urlencoded"))
        if not any(name.lower() == "host" for name, _ in sent):
            sent.insert(0, ("Host", self.address.netloc))
        status, received, text = self._ask(method, path, sent, body.encode())
        exchange = Exchange(method, path, tuple(sent), body, status, tuple(received), text)
        self.transcript.append(exchange)
        return exchange

    def raw(self, request: bytes, *, hang_up: bool = True) -> bytes:
        """Send these bytes and return all that comes back until the server ends the connection.
        Without `hang_up`, the client's side stays open, as a proxy's connection does."""
        with self._connection() as connection:
            connection.sendall(request)
            if hang_up and self.address.scheme == "http":  # TLS has no half-closed connection
                connection.shutdown(socket.SHUT_WR)
            answer = _whole(connection.recv)
        text = request.decode("latin-1")
        first = answer.decode("latin-1")
        status = int(first[9:12]) if first[9:12].isdigit() else 0
        self.transcript.append(Exchange("RAW", "", (), text, status, (), first))
        return answer

    def _connection(self) -> socket.socket:
        endpoint = (self.address.ip, self.address.port)
        connection = socket.create_connection(endpoint, TIMEOUT, (self.source, 0))
        if self.address.scheme == "http":
            return connection
        return _ANY_CERTIFICATE.wrap_socket(connection, server_hostname=self.address.host)

    def _ask(
        self, method: str, path: str, headers: Pairs, body: bytes
    ) -> tuple[int, list[tuple[str, str]], str]:
        connection = http.client.HTTPConnection(self.address.ip, self.address.port, TIMEOUT)
        try:
            connection.sock = self._connection()
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body or method not in ("GET", "HEAD"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            text = _whole(answer.read1)
            if answer.length:
                raise http.client.IncompleteRead(text, answer.length)
            return answer.status, answer.getheaders(), text.decode("utf-8", "replace")
        finally:
            connection.close()
