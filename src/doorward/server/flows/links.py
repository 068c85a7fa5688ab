"""One-time links that are refused: each leaves a line, and none shows its ticket."""

from ..people.tickets import Kind
from ..refusals import Refusal, Refused
from ..service import Service


async def bad_link(service: Service, link: Kind, sentence: str = "", subject: str = "") -> Refused:
    """The refusal of a link that is guessed, cut, used, expired or out of date, once it is noted.
    `subject` is whom it was made for, where that is known."""
    refused = Refused(Refusal.INVALID_LINK, sentence)
    await service.recorder.note("link_refused", subject=subject, outcome=refused.reason, link=link)
    return refused
