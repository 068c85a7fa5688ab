"""Records refused one-time links, without their tickets."""

from ..accounts.tickets import is_whole
from ..refusals import Refusal, Refused
from ..service import Service


async def bad_link(service: Service, link: str, sentence: str = "", subject: str = "") -> Refused:
    """Record a link that is guessed, cut, used, expired or out of date, and return its refusal.
    `subject` is the person it was made for, if known."""
    refused = Refused(Refusal.INVALID_LINK, sentence)
    await service.recorder.note("link_refused", subject=subject, outcome=refused.reason, link=link)
    return refused


async def check_whole(service: Service, link: str, ticket: str) -> None:
    """Refuse a ticket that lost a part on its way, with a sentence that says so."""
    if not is_whole(ticket):
        raise await bad_link(service, link, "This link is not complete; copy all of it.")
