"""Proves the address of somebody who has an account."""

from ...settings import HOUR
from ..accounts.user import User
from ..refusals import Refusal, Refused
from ..service import Service


async def send_verification(service: Service, user: User) -> None:
    """Write the letter with the link, unless the address is proved or no proof is asked for.
    Refuses too many."""
    if user.verified_at is not None or service.options.verification == "off":
        return
    if await service.outbox.is_full(user.subject, "verification_sent", service.clock()):
        sentence = "You were sent several letters within the hour; look for them, or wait."
        raise Refused(Refusal.TOO_MANY_ATTEMPTS, sentence, retry_after=HOUR)
    await service.recorder.note("verification_sent", subject=user.subject)


async def verify_address(service: Service, user: User) -> User | None:
    """Note that this address is the user's own.  The user as changed, whose sessions do not know of
    it yet; None when it was proved before, or changed meanwhile."""
    verified = await service.users.verify(user.subject, user.email, at=service.clock())
    if verified is not None:
        await service.recorder.note("address_verified", subject=user.subject, actor=user.subject)
    return verified


async def drop_unproved_factors(service: Service, user: User) -> None:
    """Before the owner of an address gets an account in which it was never proved: delete the
    second factors, which are those of whoever made the account, perhaps to wait in it for the owner
    (account pre-hijacking).

    Only where people prove their address after the sign-up.  Where nobody proves it, the factors
    are the owner's, and whoever reads the mail must not get past them.  No stranger makes an
    account with roles: it keeps its factors, or the mailbox of an administrator would be enough.
    """
    if user.verified_at is not None or user.roles or service.options.verification != "later":
        return
    if await service.users.reset_factors(user.subject):
        await service.recorder.note("factors_dropped", subject=user.subject, actor=user.subject)
