"""`/admin/outbox`."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.responses import Response

from ...mail.letter import Letter
from ...refusals import Refusal, Refused
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.responses import show
from ...service import Service
from ...ui.page import ConsolePage

router = console_router()

MOST = 100

ELSEWHERE = "(The link was printed on the server's terminal and is not kept.)"
"""In place of a link that this process did not print, or printed long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """One mail that would have been sent."""

    email: str
    at: int
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPage(ConsolePage):
    """The mails of the last day, where none are sent."""

    template: ClassVar[str] = "admin/outbox/outbox.html"
    now: int
    rows: tuple[LetterRow, ...]


@router.get("/outbox")
async def get_outbox(service: Serving) -> Response:
    """Nothing is here where mail is sent, nor on a server for others: who administers it is not
    meant to read their mail."""
    menu = menu_of(service)
    if not menu.outbox:
        raise Refused(Refusal.NOT_FOUND)
    latest = await service.outbox.latest(MOST)
    rows = tuple(_row(service, letter) for letter in latest)
    return show(service, OutboxPage(menu=menu, now=service.clock(), rows=rows))


def _row(service: Service, letter: Letter) -> LetterRow:
    link = service.terminal.links.get(letter.id, ELSEWHERE)
    text = service.letters.write(letter, link)
    return LetterRow(email=letter.email, at=letter.at, title=text.title, body=text.body)
