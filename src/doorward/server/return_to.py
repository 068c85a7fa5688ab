"""Where to go after logging in: a path of this host, whatever the address says."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..web.return_to import local_path


def asked_for(scope: Mapping[str, Any]) -> str:
    """The path and query of a request, to the letter, if they can be gone to; else empty."""
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return local_path((scope["raw_path"] + query).decode("latin-1"))


def own_path(scope: Mapping[str, Any]) -> str:
    """The path of a request without the one below which our addresses lie."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def with_return(page: str, path: str) -> str:
    """The address of a page that will send people on to `path`."""
    between = "&" if "?" in page else "?"
    return f"{page}{between}return_to={quote(path, safe='')}" if path else page
