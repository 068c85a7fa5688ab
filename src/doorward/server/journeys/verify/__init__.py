"""Prove by a one-time link that an address is one's own."""

from ...accounts.verify_link import TICKET
from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    letters={"verification_sent": mail.VERIFY},
    links={"verification_sent": mail.link_of},
    notices={
        "address_confirmed": Notice("Your address is confirmed. Log in."),
        "address_confirmed_here": Notice("Your address is confirmed."),
        "letter_sent": Notice("A letter is on its way. Open the link in it."),
    },
    tickets=frozenset({TICKET}),
)
