"""What the link for a first administrator does."""

from secrets import token_hex

from ....errors import DoorwardError
from ....settings import DAY
from ....types import Principal
from ....web import limits
from ....web.asgi import current_visit
from ...accounts import tickets
from ...accounts.apply_decisions import apply_decisions
from ...accounts.user import User
from ...service import Service
from ...steps.confirm_password import owner
from ...steps.create_account import create_account
from ...steps.limits import noting_limits
from ...steps.links import bad_link

TICKET = "first_admin"

_BY_COMMAND = (
    "No administrator yet. Create an account in the pages, and make it one with this command and"
    " the database of these accounts: doorward users set-roles WHO admin --database URL"
)

LIFETIME = DAY
"""Seconds for which a link works: once, and only if nobody has become an administrator since."""


async def setup_link(service: Service) -> str | None:
    """A link with which its bearer becomes the first administrator; None when there is one.

    Only a digest of it is stored.
    """
    link = token_hex(16)
    if not await service.users.add_link(link):
        return None
    claim = tickets.Claim((link,), service.clock() + LIFETIME)
    ticket = await tickets.issue(service.auth.store, TICKET, claim)
    return f"{service.options.base_url}/setup?ticket={ticket}"


async def invitation(service: Service) -> list[str]:
    """What a terminal shows to whoever may become the first administrator; nothing if there is
    one."""
    link = await setup_link(service)
    if link is None:
        return []
    return [
        "No administrator yet. Open this single-use link within 24 hours to become one:",
        link,
    ]


async def invitation_without_terminal(service: Service) -> list[str]:
    """The same without the link, for output that a log may keep and others may read."""
    # this asks whether there is one: a link whose ticket nobody has opens nothing
    if not await service.users.add_link(token_hex(16)):
        return []
    return [_BY_COMMAND]


async def check_setup_link(service: Service, ticket: str) -> None:
    """Refuse a link that can no longer be used.  Nothing is used up."""
    claim = await tickets.look(service.auth.store, TICKET, ticket, at=service.clock())
    await _good(service, claim)


async def become_first_admin(service: Service, ticket: str, principal: Principal) -> User:
    """Make who is logged in the first administrator."""
    user = await owner(service, principal)
    claim = await _use(service, ticket)
    return await _crowned(service, user, claim)


async def make_first_admin(service: Service, ticket: str, email: str, password: str) -> User:
    """Make an account for the first administrator; sign-up may be closed.  An address or password
    that is refused does not use up the ticket."""
    claim = await _use(service, ticket)
    try:
        user = await create_account(service, email, password)
    except DoorwardError:
        await tickets.put_back(service.auth.store, TICKET, ticket, claim)
        raise
    return await _crowned(service, user, claim)


async def _use(service: Service, ticket: str) -> tickets.Claim:
    async with noting_limits(service):
        await service.limiter.count(limits.source(current_visit().device().address))
    claim = await tickets.use(service.auth.store, TICKET, ticket, at=service.clock())
    return await _good(service, claim)


async def _good(service: Service, claim: tickets.Claim | None) -> tickets.Claim:
    if claim is None or not await service.users.has_link(claim.words[0]):
        raise await bad_link(service, TICKET)
    return claim


async def _crowned(service: Service, user: User, claim: tickets.Claim) -> User:
    admin = await service.users.make_first_admin(user.subject, claim.words[0])
    if admin is None:
        raise await bad_link(service, TICKET, subject=user.subject)
    await apply_decisions(service.users, service.auth, admin)
    await service.recorder.note("first_admin", subject=user.subject)
    return admin
