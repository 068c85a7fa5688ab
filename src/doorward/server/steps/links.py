"""Judges one-time links, and records those that are refused, without their tickets."""

from ...web import limits
from ...web.asgi import current_visit
from ..accounts import tickets
from ..accounts.link_state import is_good
from ..accounts.tickets import Claim, is_whole
from ..accounts.user import User
from ..refusals import Refusal, Refused
from ..service import Service
from .limits import noting_limits


async def bad_link(service: Service, link: str, sentence: str = "", subject: str = "") -> Refused:
    """Record a link that is guessed, cut, used, expired or out of date, and return its refusal.
    `subject` is the person it was made for, if known."""
    refused = Refused(Refusal.INVALID_LINK, sentence)
    await service.recorder.note("link_refused", subject=subject, outcome=refused.reason, link=link)
    return refused


async def count_link(service: Service) -> None:
    """Count an attempt to use any link, good or not, against the source of this request.  Refuses
    too many, and a request that another site made."""
    visit = current_visit()
    await visit.check_origin()
    async with noting_limits(service):
        await service.limiter.count(limits.source(visit.device().address))


async def look_at_link(service: Service, link: str, ticket: str) -> User:
    """The user that a link was made for.  Refuses one that can no longer be used.  Nothing is used
    up: mail scanners and previews look at links too.  Looks are not counted: the ticket has 256
    bits, and nobody guesses it."""
    claim = await tickets.look(service.auth.store, link, ticket, at=service.clock())
    return (await _bearer_of(service, link, claim))[1]


async def use_link(service: Service, link: str, ticket: str) -> tuple[Claim, User]:
    """Use a link up: what it claims, and the user it was made for.  Refuses as `look_at_link`; of
    two uses at once, one is refused."""
    claim = await tickets.use(service.auth.store, link, ticket, at=service.clock())
    return await _bearer_of(service, link, claim)


async def _bearer_of(service: Service, link: str, claim: Claim | None) -> tuple[Claim, User]:
    """What a link claims, and the user it was made for.  Refuses one that is unknown, used or
    expired, or whose user was changed since."""
    user = claim and await service.users.by_subject(claim.words[0])
    if claim is None or user is None or not is_good(claim, user):
        raise await bad_link(service, link, subject=user.subject if user else "")
    return claim, user


async def check_whole(service: Service, link: str, ticket: str) -> None:
    """Refuse a ticket that lost a part on its way, with a sentence that says so."""
    if not is_whole(ticket):
        raise await bad_link(service, link, "This link is not complete; copy all of it.")
