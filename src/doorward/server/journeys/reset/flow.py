"""What a reset link does."""

from ....errors import DoorwardError
from ....web import limits
from ....web.asgi import current_visit
from ...accounts import tickets
from ...accounts.apply_decisions import apply_decisions
from ...accounts.reset_link import TICKET, proves_address
from ...service import Service
from ...steps.limits import noting_limits
from ...steps.links import bad_link, use_link
from ...steps.new_password import check_new_password
from ...steps.verification import drop_unproved_factors, verify_address


async def reset_password(service: Service, ticket: str, new: str) -> None:
    """Set the password that the bearer of a ticket chose, and end all sessions of its user, whose
    address is proved if the ticket was mailed to it.

    A password that is refused does not use up the ticket, unless it is refused for being too close
    to the user's address: that cannot be known before the ticket is taken, so it is put back.  Of
    two tickets at once, or a ticket and a change by who is logged in, one wins.
    """
    visit = current_visit()
    await visit.check_origin()
    check_new_password(service, new, email="", field="new")
    async with noting_limits(service):
        await service.limiter.count(limits.source(visit.device().address))
    claim, user = await use_link(service, TICKET, ticket)
    try:
        check_new_password(service, new, email=user.email, field="new")
        hashed = await service.passwords.hash(new)
    except DoorwardError:
        await tickets.put_back(service.auth.store, TICKET, ticket, claim)
        raise
    changed = await service.users.set_password(
        user.subject,
        hashed,
        old=user.password_hash,
        at=service.clock(),
        readdressed=user.readdressed,
    )
    if changed is None:
        raise await bad_link(service, TICKET, subject=user.subject)
    if proves_address(claim):
        # a session that is still there could add another factor after these are gone
        await apply_decisions(service.users, service.auth, changed, device=visit.device())
        await drop_unproved_factors(service, user)
        changed = await verify_address(service, changed) or changed
    await apply_decisions(service.users, service.auth, changed, device=visit.device())
    await service.recorder.note("password_reset", subject=user.subject, actor=user.subject)
