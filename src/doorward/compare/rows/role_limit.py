"""The most roles that a login can have."""

from ..client import Unusable
from ..contender import Contender
from ..row import Row, Value
from .role_bytes import roles

COOKIE = 4096
"""Bytes of one cookie, name and attributes included, that every browser keeps (RFC 6265 section
6.1)."""

MOST = 512
"""The number of roles at which the search stops."""


def _measure(contender: Contender) -> Value:
    fits, too_many = 0, MOST + 1
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if _fits(contender, middle):
            fits = middle
        else:
            too_many = middle
    return fits if fits < MOST else f"over {MOST}"


def _fits(contender: Contender, count: int) -> bool:
    try:
        login = contender.log_in(roles=roles(count))
    except Unusable:
        return False
    cookies = login.answer.all("set-cookie") or [f"access_token={login.bearer}"]
    return all(len(cookie) <= COOKIE for cookie in cookies)


ROW = Row(
    id="role-limit",
    topic="Bandwidth",
    unit="roles",
    title="Most roles of a login",
    explained="Browsers silently drop a cookie of more than 4,096 bytes."
    " In both modes Doorward refuses a login whose roles would not fit into a token.",
    how="Real logins with more and more roles (department00, department01, ...), until one is"
    " refused or sets a cookie of more than 4,096 bytes.",
    measure=_measure,
)
