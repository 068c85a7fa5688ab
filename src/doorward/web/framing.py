"""What uvicorn with httptools reads otherwise than a proxy in front: fields after a chunked body,
and the body of an upgrade.  No application can tell, so it is mended where the server parses."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .transport import Header

_IMPLEMENTATION = "uvicorn.protocols.http.httptools_impl"


class Sealed(list[Header]):
    """The headers of a request whose head is complete: what is appended now is a trailer field."""

    def append(self, field: Header) -> None:
        """Ignore it.  No field that decides anything may be merged (RFC 9110 section 6.5.1)."""


def mend_framing() -> None:
    """Keep trailer fields out of the headers, and refuse a body behind an upgrade, on every
    connection that uvicorn accepts from now on.

    The parser httptools reports a trailer field as it reports a header, and uvicorn appends both to
    one list: behind a proxy that passes trailers on, a client could write `X-Forwarded-For` itself.
    Does nothing without uvicorn or httptools, when called again, and if uvicorn keeps no such list.
    """
    if "uvicorn" not in sys.modules:
        return
    try:
        protocol: Any = getattr(import_module(_IMPLEMENTATION), "HttpToolsProtocol", None)
    except ImportError:
        return
    complete = getattr(protocol, "on_headers_complete", None)
    if complete is not None and complete.__module__ != __name__:
        protocol.on_headers_complete = _sealing(complete)


def _sealing(complete: Callable[[Any], None]) -> Callable[[Any], None]:
    def on_headers_complete(self: Any) -> None:
        if _hides_its_body(self):
            raise ValueError("an upgrade with a body")  # uvicorn answers 400
        complete(self)
        # the scope keeps the plain list, which nothing is added to any more
        if isinstance(getattr(self, "headers", None), list):
            self.headers = Sealed(self.headers)

    return on_headers_complete


def _hides_its_body(protocol: Any) -> bool:
    """Whether a request asks for an upgrade and announces a body.  httptools takes the body for the
    next request, and a proxy in front takes it for a body: request smuggling (RFC 9112 section
    11.2)."""
    parser = getattr(protocol, "parser", None)
    if parser is None or not parser.should_upgrade():
        return False
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in protocol.headers)
