"""What the link of an invitation does."""

from ....web import limiter
from ....web.asgi import current_visit
from ...accounts import tickets
from ...accounts.apply_decisions import apply_decisions
from ...accounts.invitation import MAILED, TICKET
from ...accounts.user import User
from ...service import Service
from ...steps.limits import noting_limits
from ...steps.links import bad_link, bearer_of
from ...steps.new_password import check_new_password
from ...steps.verification import verify_address


async def invited(service: Service, ticket: str) -> User:
    """Whom a link invites.  Refuses one that can no longer be used; nothing is used up, because
    mail scanners look at links too."""
    claim = await tickets.look(service.auth.store, TICKET, ticket, at=service.clock())
    return (await bearer_of(service, TICKET, claim))[1]


async def accept(service: Service, ticket: str, password: str) -> None:
    """Set the first password of the invited person.  A link that was mailed proves the address.

    A password that is refused does not use up the ticket.  Of two tickets at once, one wins.
    """
    visit = current_visit()
    await visit.check_origin()
    async with noting_limits(service):
        await service.limiter.count(limiter.source(visit.device().address))
    email = (await invited(service, ticket)).email
    check_new_password(service, password, email=email, field="new")
    hashed = await service.passwords.hash(password)
    claim, user = await _use(service, ticket)
    at = service.clock()
    changed = await service.users.set_password(
        user.subject, hashed, old=None, at=at, readdressed=user.readdressed
    )
    if changed is None:
        raise await bad_link(service, TICKET, subject=user.subject)
    if claim.words[-1] == MAILED:
        changed = await verify_address(service, changed) or changed
    await apply_decisions(service.users, service.auth, changed, device=visit.device())
    await service.recorder.note("invitation_accepted", subject=user.subject, actor=user.subject)


async def _use(service: Service, ticket: str) -> tuple[tickets.Claim, User]:
    claim = await tickets.use(service.auth.store, TICKET, ticket, at=service.clock())
    return await bearer_of(service, TICKET, claim)
