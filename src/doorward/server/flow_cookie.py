"""The cookie that binds what takes several requests to the browser that began it.

It holds a random word that proves nothing by itself.  What is begun (a second step, a login by
mail, a challenge) keeps the word's digest, and is finished only with the word: so a ticket that was
stolen, or planted by a stranger, opens nothing in another browser.
"""

import hmac
import re
from hashlib import sha256
from secrets import token_urlsafe
from typing import NamedTuple

from starlette.responses import Response

from ..web.asgi import current_visit
from .own_cookie import name_of, set_cookie

COOKIE = "__Host-flow"

_VALUE = re.compile(r"(?P<word>[\w-]{43})(\.(?P<ticket>[\w-]{43}))?", re.ASCII)


class Flow(NamedTuple):
    """What the cookie of a browser holds: its word, and the ticket of its second step, or empty."""

    word: str
    ticket: str = ""


def read_flow() -> Flow | None:
    """The cookie of this request.  None without one, and for one that is doubled or malformed."""
    visit, name = current_visit(), name_of(COOKIE)
    cookies = b"; ".join(value for key, value in visit.headers if key == b"cookie")
    pairs = [pair.strip(" \t").partition("=") for pair in cookies.decode("latin-1").split(";")]
    values = [value for key, _, value in pairs if key == name]
    found = _VALUE.fullmatch(values[0]) if len(values) == 1 else None
    return None if found is None else Flow(found["word"], found["ticket"] or "")


def begin_flow(response: Response, ticket: str = "") -> str:
    """The digest of the word that this browser has; `response` gives it one, if it has none.  With
    `ticket`, the browser keeps that too, in place of an earlier one."""
    held = read_flow()
    flow = held or Flow(token_urlsafe(32))
    if ticket or held is None:
        value = f"{flow.word}.{ticket}" if ticket else flow.word
        set_cookie(response, COOKIE, value)
    return digest(flow.word)


def is_this_browser(of_word: str) -> bool:
    """Whether the browser of this request has the word with this digest."""
    flow = read_flow()
    return flow is not None and hmac.compare_digest(digest(flow.word), of_word)


def end_flow(response: Response) -> None:
    """Have the browser forget its word: what it began is finished."""
    if read_flow() is not None:
        set_cookie(response, COOKIE, "", 0)


def digest(word: str) -> str:
    """What the server keeps of a word."""
    return sha256(word.encode()).hexdigest()
