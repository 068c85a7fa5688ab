"""Where to go after logging in: a path of this host, whatever the address says."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

# Every character that browsers send, and no other: they drop tabs and line breaks, so that
# `/<tab>/evil.example` would be `//evil.example`, and take `\` in a path for `/`.
_PATH = re.compile(r"""(/[!"$-;=@-\[\]-~]*)(?:\?[!"$-;=?-~]*)?""")

# What a server that decodes once too often could read as another host, as dots that climb, or as a
# line break.  No browser asks for dots that climb: it has resolved them before.
_DOUBTFUL = re.compile(
    r"/(?:/|%(?:25)*(?:2f|5c)).*"
    r"|.*/(?:\.|%(?:25)*2e){1,2}(?:/.*)?"
    r"|.*%(?:25)*(?:[01][0-9a-f]|7f).*",
    re.IGNORECASE,
)

_LONGEST = 2000


def local_path(text: str) -> str:
    """`text` if it is beyond doubt a path of this host, with its query, else empty."""
    found = _PATH.fullmatch(text) if len(text) <= _LONGEST else None
    return text if found and not _DOUBTFUL.fullmatch(found[1]) else ""


def asked_for(scope: Mapping[str, Any]) -> str:
    """The path and query of a request, to the letter, if they can be gone to; else empty."""
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return local_path((scope["raw_path"] + query).decode("latin-1"))


def with_return(page: str, path: str) -> str:
    """The address of a page that will send people on to `path`."""
    return f"{page}?return_to={quote(path, safe='')}" if path else page
