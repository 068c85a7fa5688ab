"""The letters that a server would send, as soon as a test asks for them."""

import asyncio
import re
from dataclasses import dataclass

import pytest

from doorward.server.app import DECLARED
from doorward.server.background import filled
from doorward.server.mail import postman
from doorward.server.mail.relay import parse_relay
from tests.server.house import House, Opened

_TICKET = re.compile(r"\?ticket=([\w-]{43})\s")


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter as its recipient reads it."""

    to: str
    kind: str
    text: str

    @property
    def ticket(self) -> str:
        """The secret of the one link in it."""
        (found,) = set(_TICKET.findall(self.text))
        return str(found)


async def with_mail(opened: Opened, patch: pytest.MonkeyPatch, **options: object) -> House:
    """A house whose letters wait until `posted` takes them."""

    async def idle(_: object) -> None:
        await asyncio.Event().wait()

    patch.setattr(postman.Postman, "walk", idle)
    relay = {"smtp_url": parse_relay("smtp://localhost:25"), "mail_from": "login@example.test"}
    house: House = await opened(**{**relay, "verify": "off", **options})
    return house


async def posted(house: House) -> list[Posted]:
    """The letters that are due, which are sent with that; in the order of their recipients."""
    service, found = house.service, []
    while (waiting := await service.outbox.take(house.clock())) is not None:
        made = await filled(service, DECLARED.links, waiting)
        if made is None:
            await service.outbox.drop(waiting)
            continue
        text = service.letters.write(made.letter, made.link).body
        found.append(Posted(made.letter.email, made.letter.kind, text))
        await service.outbox.sent(made.letter, house.clock())
    return sorted(found, key=lambda each: (each.to, each.kind))
