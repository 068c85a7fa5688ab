"""The way to a login page and back: it leads to no place but paths of the same application."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import ConfigurationError, Reason, Rejected
from .problem import STATUS
from .transport import Headers

LONGEST = 2_000
"""Characters of a way back: with a login page before it, it fits a header that proxies pass on."""

PAGE_METHODS = frozenset({"GET", "HEAD"})
"""Methods whose address a browser can be sent back to; it cannot send a form again."""

_PLAIN_IN_QUERY = "!\"$%&'()*+,-./:;=?@[\\]^_`{|}~"

# Every character that browsers send, and no other: they drop tabs and line breaks, so that
# `/<tab>/evil.example` would be `//evil.example`, and take `\` in a path for `/`.
_PATH = re.compile(r"""(/[!"$-;=@-\[\]-~]*)(?:\?[!"$-;=?-~]*)?""")

# What a server that decodes once too often could read as another host, as dots that climb, or as a
# line break.  No browser asks for dots that climb: it has resolved them before.
_SLASH = r"(?:/|%(?:25)*(?:2f|5c))"
_DOUBTFUL = re.compile(
    rf"/{_SLASH}.*"
    rf"|.*{_SLASH}(?:\.|%(?:25)*2e){{1,2}}(?:{_SLASH}.*)?"
    r"|.*%(?:25)*(?:[01][0-9a-f]|7f).*",
    re.IGNORECASE,
)


def local_path(text: str, root: str = "") -> str:
    """`text` if it is beyond doubt a path of this application, with its query, else empty.

    `root` is the path below which the application lies.
    """
    found = _PATH.fullmatch(text) if len(text) <= LONGEST else None
    if found is None or _DOUBTFUL.fullmatch(found[1]):
        return ""
    return text if found[1] == root or found[1].startswith(root + "/") else ""


def address(scope: Mapping[str, Any]) -> str:
    """The path and query of a request as the browser wrote them, if it may be sent back there."""
    root, path = root_of(scope), scope["path"]
    whole = path if path == root or path.startswith(root + "/") else root + path
    query = quote(scope.get("query_string", b""), safe=_PLAIN_IN_QUERY)
    text = quote(whole, safe="/!$&'()*+,;=:@~") + (f"?{query}" if query else "")
    return local_path(text, root)


def root_of(scope: Mapping[str, Any]) -> str:
    """The path below which the application lies, also within an application mounted in it."""
    root: str = scope.get("app_root_path", scope.get("root_path", ""))
    return root.rstrip("/")


def is_navigation(headers: Headers) -> bool:
    """Whether a person waits for a page: `Sec-Fetch-Mode` tells, or else `Accept` does,
    for browsers from before 2023.  A script that fetches a part of a page could do nothing with a
    login page."""
    said = {name: value for name, value in headers if name in (b"sec-fetch-mode", b"accept")}
    mode = said.get(b"sec-fetch-mode")
    return mode == b"navigate" if mode is not None else b"text/html" in said.get(b"accept", b"")


def way_to_login(
    scope: Mapping[str, Any], refused: Rejected, page: str, elevate_page: str = ""
) -> str:
    """Where to send the browser that made a request, with a 303: the login page `page`, a path of
    this application, with `return_to`; or `elevate_page` if the person is logged in and must prove
    a factor again, with the name of the `factor` if it must be a certain one.  Empty where a
    problem is the answer: to programs, to what no login cures, and on the login page itself, which
    would lead to itself for ever.

    A form that was sent has no way back: it cannot be sent once more.
    """
    page = elevate_page if refused.reason is Reason.STEP_UP_REQUIRED else page
    if STATUS[refused.reason] != 401 or not page:
        return ""
    login, here = root_of(scope) + page, address(scope)
    path = login.partition("?")[0]
    if here.partition("?")[0] == path or not is_navigation(scope["headers"]):
        return ""
    if scope["method"] not in PAGE_METHODS or not here:
        return login
    asked = {"factor": refused.factor} if refused.factor else {}
    return f"{login}{'&' if '?' in login else '?'}{urlencode({**asked, 'return_to': here})}"


def check_login_page(page: object) -> None:
    """Raises `ConfigurationError` for what is no path."""
    if not isinstance(page, str) or not local_path(page):
        raise ConfigurationError(
            f"login_page is a path of this application, such as /login, not {page!r}"
        )
