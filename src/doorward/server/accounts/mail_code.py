"""A login by mail: a link and a code in one letter, which work once together.

The client that asks keeps a ticket, and shows it with the code.  The letter holds another ticket,
in the link.  Both lead to one claim, made when the letter is sent: whoever takes that is logged in.
"""

import hmac
from hashlib import sha256
from typing import NamedTuple

from ...keys import Seal, base64url
from ...settings import MINUTE
from ...stores import Tickets
from . import tickets
from .link_state import state_of
from .tickets import Claim
from .user import User

ASKER, LINK = "login_by_mail", "login_link"
"""The kinds of the ticket of who asked, and of that in the letter."""

LETTER, CLAIM = "login_letter", "login_claim"
"""The kinds under which a request waits for its letter, and is then claimed: by ids that are no
secret, but nobody can send them as tickets of these kinds."""

LIFETIME = 10 * MINUTE
"""Seconds from the request in which its link and code work (ASVS 6.5.5)."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: without I, L, O and U

_MISREAD = str.maketrans("OIL", "011", " -\t\r\n")


class Request(NamedTuple):
    """Who asked.  `browser` is the digest of the word in its flow cookie, empty for a program;
    `via` is how the session will travel, `return_to` a checked path."""

    id: str
    browser: str
    via: str
    return_to: str


class MailLogin(NamedTuple):
    """Whom a letter logs in, as of when it was sent: `state` changes with password and address."""

    subject: str
    state: str
    sealed: str
    request: Request

    def has_code(self, code: str, seal: Seal) -> bool:
        """Whether this is the code of the letter, however it was typed."""
        found = seal.open(_name(self.request.id), base64url.decode(self.sealed.encode()))
        return found is not None and hmac.compare_digest(
            found, normal(code).encode("utf-8", "replace")
        )


async def keep_request(store: Tickets, ticket: str, request: Request, *, at: int) -> None:
    """Let this ticket stand for a request."""
    await tickets.put_back(store, ASKER, ticket, Claim(tuple(request), at + LIFETIME))


async def request_of(store: Tickets, ticket: str, *, at: int) -> Request | None:
    """The request of this ticket, which stays; None when it is unknown or too old."""
    claim = await tickets.look(store, ASKER, ticket, at=at)
    return None if claim is None else Request(*claim.words)


async def login_link(
    store: Tickets, seal: Seal, user: User, request: Request, base_url: str, *, asked_at: int
) -> str:
    """The link of a letter; its code is `code_in` the link.  The database learns neither."""
    ticket, until = tickets.new(), asked_at + LIFETIME
    sealed = seal.close(_name(request.id), code_of(ticket).encode())
    words = (user.subject, state_of(user), base64url.encode(sealed).decode(), *request)
    await tickets.put_back(store, CLAIM, request.id, Claim(words, until))
    await tickets.put_back(store, LINK, ticket, Claim((request.id,), until))
    return f"{base_url}/link/login?ticket={ticket}"


async def id_in_link(store: Tickets, ticket: str, *, at: int) -> str:
    """The request that a link answers, or nothing."""
    claim = await tickets.look(store, LINK, ticket, at=at)
    return "" if claim is None else claim.words[0]


async def look(store: Tickets, id: str, *, at: int) -> MailLogin | None:
    """Whom the letter of a request logs in.  None without one, and once it was taken."""
    claim = await tickets.look(store, CLAIM, id, at=at)
    return None if claim is None else _login(claim)


async def take(store: Tickets, id: str, *, at: int) -> MailLogin | None:
    """The same, once: of many at once, with the link or the code, one gets it."""
    claim = await tickets.use(store, CLAIM, id, at=at)
    return None if claim is None else _login(claim)


def code_of(ticket: str) -> str:
    """The code that stands for a ticket: 40 bits, of which nobody learns the ticket."""
    digest = sha256(f"code\0{ticket}".encode()).digest()
    return "".join(_LETTERS[byte % 32] for byte in digest[:8])


def code_in(link: str) -> str:
    """The code that goes with a link, in two groups as people read it.  What stands in the place of
    a link stands in that of its code."""
    _, found, ticket = link.partition("?ticket=")
    code = code_of(ticket)
    return f"{code[:4]}-{code[4:]}" if found else link


def normal(code: str) -> str:
    """A code as it was made, without what people add or misread."""
    return code.upper().translate(_MISREAD)


def _login(claim: Claim) -> MailLogin:
    subject, state, sealed, *request = claim.words
    return MailLogin(subject, state, sealed, Request(*request))


def _name(request: str) -> str:
    return f"login code {request}"  # no subject has a space
