"""What the link of an invitation does."""

from ....web.asgi import current_visit
from ...accounts.apply_decisions import apply_decisions
from ...accounts.invitation import MAILED, TICKET
from ...service import Service
from ...steps.links import bad_link, count_link, look_at_link, use_link
from ...steps.new_password import check_new_password
from ...steps.verification import verify_address


async def accept(service: Service, ticket: str, password: str) -> None:
    """Set the first password of the invited person.  A link that was mailed proves the address.

    A password that is refused does not use up the ticket.  Of two tickets at once, one wins.
    """
    await count_link(service)
    email = (await look_at_link(service, TICKET, ticket)).email
    check_new_password(service, password, email=email, field="new")
    hashed = await service.passwords.hash(password)
    claim, user = await use_link(service, TICKET, ticket)
    at = service.clock()
    changed = await service.users.set_password(
        user.subject, hashed, old=None, at=at, readdressed=user.readdressed
    )
    if changed is None:
        raise await bad_link(service, TICKET, subject=user.subject)
    if claim.words[-1] == MAILED:
        changed = await verify_address(service, changed) or changed
    await apply_decisions(service.users, service.auth, changed, device=current_visit().device())
    await service.recorder.note("invitation_accepted", subject=user.subject, actor=user.subject)
