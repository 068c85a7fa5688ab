"""The page that says that a letter is on its way."""

from fastapi import Request

from ..service import Service
from ..typed_address import typed
from ..ui.page import MessagePage

_BY_MAIL = "No letter after some minutes? Look among the unwanted mail, or check the address."
_HERE = (
    "This server sends no mail: the link is on the terminal where it runs, and administrators find"
    " it in the console's outbox."
)


def letter_sent(service: Service, request: Request, then: str) -> MessagePage:
    """What the person does `then`; the same words for an address with and without an account."""
    address = typed(request) or "the address that you gave"
    where = _HERE if service.options.mail == "outbox" else _BY_MAIL
    return MessagePage(
        heading="We have sent a letter",
        sentence=f"A letter goes to {address}. {then} {where}",
        link="/login",
        link_text="Go to the login page",
    )
