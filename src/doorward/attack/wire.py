"""A browser's connection to an instance over TLS, and a proxy that strips TLS."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .client import TIMEOUT, Pairs
from .exchange import Exchange
from .files import HTTPS_HOST, trusting
from .jar import parse_set_cookie
from .threaded import in_thread

_HOP = frozenset({"connection", "content-length", "transfer-encoding", "host"})


class Wire:
    """Sends to `port` over TLS, or in plain http where no certificate is trusted."""

    def __init__(self, port: int, trusted: Path | None) -> None:
        self._port = port
        self._context = None if trusted is None else trusting(trusted)

    def send(self, method: str, path: str, headers: Pairs, body: str = "") -> Exchange:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, TIMEOUT)
        if self._context is not None:
            connection.connect()
            plain = connection.sock
            connection.sock = self._context.wrap_socket(plain, server_hostname=HTTPS_HOST)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in [("Host", HTTPS_HOST), *headers]:
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body.encode())))
            connection.endheaders(body.encode() or None)
            answer = connection.getresponse()
            text, got = answer.read().decode("utf-8", "replace"), tuple(answer.getheaders())
            return Exchange(method, path, tuple(headers), body, answer.status, got, text)
        finally:
            connection.close()


class _Stripping(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, wire: Wire) -> None:
        super().__init__(("127.0.0.1", 0), _Between)
        self.wire = wire
        self.seen: list[str] = []


class _Between(BaseHTTPRequestHandler):
    server: _Stripping
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.seen.append(f"{self.requestline}\n{self.headers}\n{body}")
        # so that the instance takes the request for one of its own pages'
        headers = [
            (name, value.replace("http://", "https://"))
            for name, value in self.headers.items()
            if name.lower() not in _HOP
        ]
        found = self.server.wire.send(self.command, self.path, headers, body)
        self.send_response(found.status)
        for name, value in found.received:
            if name.lower() not in _HOP and name.lower() != "strict-transport-security":
                self.send_header(name, _stripped(value))
        self.send_header("Content-Length", str(len(found.text.encode())))
        self.end_headers()
        self.wfile.write(found.text.encode())

    do_POST = do_GET  # noqa: N815 - the library's name


def _stripped(value: str) -> str:
    return value.replace("; Secure", "").replace("https://", "http://")


@contextmanager
def stripping(wire: Wire) -> Iterator[tuple[Wire, list[str]]]:
    """A client of a proxy that takes plain http and speaks TLS with the instance, and everything
    that the proxy saw.  The proxy removes `Secure` and HSTS, and turns https into http."""
    with _Stripping(wire) as server, in_thread(server) as port:
        yield Wire(port, None), server.seen


def kept(answer: Exchange, *, over_tls: bool) -> list[tuple[str, str, bool]]:
    """The name, the value and whether it is Secure, of each cookie that a browser keeps
    (RFC 6265bis section 5.7)."""
    found = []
    for header in answer.cookies():
        name, value, said = parse_set_cookie(header)
        secure = "secure" in said
        if name.startswith(("__Host-", "__Secure-")) and not (secure and over_tls):
            continue
        if name.startswith("__Host-") and ("domain" in said or said.get("path") != "/"):
            continue
        if over_tls or not secure:
            found.append((name, value, secure))
    return found
