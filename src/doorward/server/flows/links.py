"""Records refused one-time links, without their tickets."""

from ..accounts.tickets import Kind
from ..refusals import Refusal, Refused
from ..service import Service


async def bad_link(service: Service, link: Kind, sentence: str = "", subject: str = "") -> Refused:
    """Record a link that is guessed, cut, used, expired or out of date, and return its refusal.
    `subject` is the person it was made for, if known."""
    refused = Refused(Refusal.INVALID_LINK, sentence)
    await service.recorder.note("link_refused", subject=subject, outcome=refused.reason, link=link)
    return refused
