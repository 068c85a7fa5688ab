"""Authorization codes.  Each is a ticket whose digest covers all that must be shown with it.

So a code that was stolen, without its verifier, neither works nor is used up by trying.
"""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import NamedTuple

from ...settings import MINUTE
from ...stores import Tickets

LIFETIME = MINUTE
"""Seconds for which a code is good (RFC 6749 section 4.1.2 allows ten minutes)."""

REMEMBERED = 10 * MINUTE
"""Seconds for which a code is known, so that its use a second time is noticed."""

LOGIN = "login_sid"
"""The attribute of a grant that names the login in which the person agreed to it."""

_CODE, _BURNED = "code", "burned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What a code stands for.  `sid` is that of the grant to be; `mark` is from before the person
    was looked at; `parent_sid` is the login that an online grant hangs on, or None; `login_sid` is
    the login in which the person agreed."""

    sid: str
    subject: str
    scopes: tuple[str, ...]
    audience: str
    nonce: str
    authenticated_at: int
    amr: tuple[str, ...]
    parent_sid: str | None
    mark: int
    good_until: int
    login_sid: str = ""


class Shown(NamedTuple):
    """What a code is good for together with: `challenge` is that of PKCE, empty where the
    request had none."""

    code: str
    client_id: str
    redirect_uri: str
    challenge: str

    @property
    def digest(self) -> bytes:
        """Of all parts, each after its length: no two sets of parts are the same text."""
        parts = [part.encode("utf-8", "replace") for part in self]
        return sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).digest()


class Taken(NamedTuple):
    """A code that was shown with all that belongs to it, and whether for the first time."""

    permission: Permission
    first: bool


def new_code() -> str:
    """256 random bits."""
    return token_urlsafe(32)


def new_sid() -> str:
    """A sid that nobody has, in the form of those of the library."""
    return token_hex(16)


async def keep(tickets: Tickets, shown: Shown, permission: Permission, *, at: int) -> None:
    """Let this code work."""
    payload = json.dumps(asdict(permission))
    await tickets.put(_CODE, shown.digest, payload, at + REMEMBERED)


async def take(tickets: Tickets, shown: Shown, *, at: int) -> Taken | None:
    """Use a code up: of many who do so at once, one is first.  None, with nothing used up, when it
    is unknown or shown with anything else than what belongs to it."""
    found = await tickets.take(_CODE, shown.digest, at)
    return None if found is None else Taken(_permission(found[0]), found[1])


async def burn(tickets: Tickets, shown: Shown, *, at: int) -> None:
    """Note that a code was used twice, for whoever is about to begin its grant."""
    await tickets.put(_BURNED, shown.digest, "", at + REMEMBERED)


async def is_burned(tickets: Tickets, shown: Shown, *, at: int) -> bool:
    """Whether `burn` was called for this code."""
    return await tickets.look(_BURNED, shown.digest, at) is not None


def _permission(payload: str) -> Permission:
    said = json.loads(payload)
    return Permission(**{**said, "scopes": tuple(said["scopes"]), "amr": tuple(said["amr"])})
