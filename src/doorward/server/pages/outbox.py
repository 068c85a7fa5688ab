"""The mails that a server on its developer's machine would send, to be read."""

from fastapi import APIRouter
from starlette.responses import Response

from ..mail.letter import Letter, write
from ..refusals import Refusal, Refused
from ..routes.access import ConsoleRoute
from ..routes.api import Serving
from ..ui.console import LetterRow, OutboxPage
from .responses import show

router = APIRouter(prefix="/admin", route_class=ConsoleRoute, include_in_schema=False)

MOST = 100


@router.get("/outbox")
async def get_outbox(service: Serving) -> Response:
    """Nothing is here where mail is sent, nor on a server for others: who administers it is not
    meant to read their mail."""
    if service.options.mail != "outbox":
        raise Refused(Refusal.NOT_FOUND)
    latest = await service.outbox.latest(MOST)
    rows = tuple(_row(letter, service.options.origin) for letter in latest)
    return show(OutboxPage(now=service.clock(), rows=rows))


def _row(letter: Letter, origin: str) -> LetterRow:
    text = write(letter, origin)
    return LetterRow(email=letter.email, at=letter.at, title=text.title, body=text.body)
