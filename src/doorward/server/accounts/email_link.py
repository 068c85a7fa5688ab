"""The one-time links of a change of address: to the new one, and back to the old one."""

from ...settings import HOUR
from ...stores import Tickets
from .email_changes import LIFETIME as UNDO_LIFETIME
from .email_changes import EmailChange
from .link_state import state_of
from .tickets import Claim, issue
from .user import User

CHANGE = "change_email"

LIFETIME = HOUR
"""Seconds a link to the new address works: once, and not after the password or address was
changed."""

ASKED = "asked_email"
"""The kind under which a change waits for its link, by the id of its letter.  That is no secret,
but nobody can send it as a ticket of this kind."""

UNDO = "undo_email"


async def change_link(tickets: Tickets, words: tuple[str, ...], base_url: str, *, at: int) -> str:
    """A link that confirms a change of address; `words` are those of `wish`.  Only a digest of it
    is stored."""
    ticket = await issue(tickets, CHANGE, Claim(words, at + LIFETIME))
    return f"{base_url}/link/email?ticket={ticket}"


async def undo_link(tickets: Tickets, change: EmailChange, base_url: str, *, at: int) -> str:
    """A link that undoes a change, whatever password and address the account has by then."""
    ticket = await issue(tickets, UNDO, Claim((change.id,), at + UNDO_LIFETIME))
    return f"{base_url}/link/email-undo?ticket={ticket}"


def wish(user: User, email: str, since: int) -> tuple[str, ...]:
    """What somebody wants who asks for this address: good until the password or the address they
    have now is changed.  `since` is that of `EmailChange`."""
    return user.subject, state_of(user), email, str(since)


def is_good(words: tuple[str, ...], user: User) -> bool:
    """Whether the user still is as they were when they asked."""
    return words[:2] == (user.subject, state_of(user)) and user.locked_at is None
