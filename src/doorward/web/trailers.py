"""Fields after a chunked body.  Once a server has put them among the headers, no application can
tell them apart, so they are ignored where the server parses."""

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


def ignore_trailers() -> None:
    """Keep trailer fields out of the headers on every connection that uvicorn accepts from now on.

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
        complete(self)
        # the scope keeps the plain list, which nothing is added to any more
        if isinstance(getattr(self, "headers", None), list):
            self.headers = Sealed(self.headers)

    return on_headers_complete
