"""How many roles fit into a cookie."""

from ..caller import Unusable
from ..contender import Contender
from ..row import Row, Value

COOKIE = 4096
"""Bytes of one cookie, name and attributes included, that every browser keeps (RFC 6265 section
6.1)."""

MOST = 512


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
    roles = tuple(f"department{number:02}" for number in range(count))
    try:
        login = contender.log_in(roles=roles)
    except Unusable:
        return False
    cookies = login.answer.all("set-cookie") or [f"access_token={login.bearer}"]
    return all(len(cookie) <= COOKIE for cookie in cookies)


ROW = Row(
    id="role-limit",
    topic="Bandwidth",
    unit="roles",
    title="Roles that a login can have",
    explained="Browsers keep a cookie of up to 4,096 bytes and lose a longer one without a word."
    " Doorward refuses a login with more role names than a token has room for, in both modes.",
    how="Real logins with more and more roles of 12 letters, until one is refused or a cookie is"
    " longer than 4,096 bytes.",
    measure=_measure,
)
