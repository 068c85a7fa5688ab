"""The way to a login page and back: it leads to no place but paths of the same application."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

from ..errors import ConfigurationError, Reason, Rejected
from .problem import STATUS
from .transport import Headers

LONGEST = 2_000
"""Characters of a way back: with a login page before it, it fits a header that proxies pass on."""

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_PRINTABLE = "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"
# no space and no backslash: browsers drop tabs and line breaks, and take `\` for `/`
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def local_path(text: str, root: str = "") -> str:
    """`text` if a browser stays within this application when it is sent there, else empty.

    `root` is the path below which the application lies.  Refused are addresses of other hosts in
    all the forms that browsers understand, and dots that climb, encoded or not.
    """
    if len(text) > LONGEST or not _PATH.fullmatch(text):
        return ""
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    if not {".", ".."}.isdisjoint(re.split(r"[/\\]", unquote(path))):
        return ""
    return text if path == root or path.startswith(root + "/") else ""


def address(scope: Mapping[str, Any]) -> str:
    """The path and query of a request as the browser wrote them, if it may be sent back there."""
    root, path = root_of(scope), scope["path"]
    whole = path if path == root or path.startswith(root + "/") else root + path
    query = quote(scope.get("query_string", b""), safe=_PRINTABLE)
    text = quote(whole, safe="/!$&'()*+,;=:@~") + (f"?{query}" if query else "")
    return local_path(text, root)


def root_of(scope: Mapping[str, Any]) -> str:
    """The path below which the application lies, also within an application mounted in it."""
    root: str = scope.get("app_root_path", scope.get("root_path", ""))
    return root.rstrip("/")


def is_navigation(headers: Headers) -> bool:
    """Whether a person waits for a page: `Sec-Fetch-Mode` tells, or else `Accept` does.  A script
    that fetches a part of a page could do nothing with a login page."""
    said = {name: value for name, value in headers if name in (b"sec-fetch-mode", b"accept")}
    mode = said.get(b"sec-fetch-mode")
    return mode == b"navigate" if mode is not None else b"text/html" in said.get(b"accept", b"")


def way_to_login(scope: Mapping[str, Any], refused: Rejected, page: str) -> str:
    """Where to send the browser that made a request, with a 303: the login page `page`, a path of
    this application, with `return_to`.  Empty where a problem is the answer: to programs, to what
    no login cures, and on the login page itself, which would lead to itself for ever.

    A form that was sent has no way back: it cannot be sent once more.
    """
    if STATUS[refused.reason] != 401 or refused.reason is Reason.STEP_UP_REQUIRED:
        return ""
    login, here = root_of(scope) + page, address(scope)
    path = login.partition("?")[0]
    if here.partition("?")[0] == path or not is_navigation(scope["headers"]):
        return ""
    if scope["method"] not in _SAFE_METHODS or not here:
        return login
    return f"{login}{'&' if '?' in login else '?'}{urlencode({'return_to': here})}"


def check_login_page(page: object) -> None:
    """Raises `ConfigurationError` for what is no path."""
    if not isinstance(page, str) or not local_path(page) or "#" in page:
        raise ConfigurationError(
            f"login_page is a path of this application, such as /login, not {page!r}"
        )
