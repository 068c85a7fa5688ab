"""What somebody does who forgot the password."""

from ....web import limits
from ....web.asgi import current_visit
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.asked_letter import write_letter
from ...steps.create_account import address_of
from ...steps.limits import noting_limits


def check_mail(service: Service) -> None:
    """Refuse where no letter would reach anybody."""
    if service.options.mail == "none":
        sentence = "This server sends no mail. Ask its operator for a link."
        raise Refused(Refusal.NOT_FOUND, sentence)


async def ask_for_reset(service: Service, email: str) -> None:
    """Write a letter to this address, with a link if it has an account.  Nothing tells here whether
    it does.  Refuses what is no address, and too many from one source."""
    visit = current_visit()
    await visit.check_origin()
    check_mail(service)
    address = address_of(email)
    async with noting_limits(service):
        await service.limiter.count(limits.letters_from(visit.device().address))
    await write_letter(service, "reset_asked", address)
