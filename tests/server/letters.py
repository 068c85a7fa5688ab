"""What a server without a mail server prints, as soon as a test asks for it."""

import asyncio
import re
from dataclasses import replace
from functools import partial

import httpx2
import pytest

from doorward.server.app import DECLARED
from doorward.server.background import filled
from doorward.server.mail.terminal import Terminal
from tests.server.house import House

LOCAL = "http://localhost:8000"
"""A public origin at which letters are not sent, but printed."""

_BLOCK = re.compile(
    r"Mail to (\S+)\n  Subject: .+\n  Link: (http://localhost:8000/(\w+)\?ticket=([\w-]{43}))"
)


def print_by_hand(patch: pytest.MonkeyPatch) -> None:
    """Let the server itself print nothing."""

    async def idle(*_: object) -> None:
        await asyncio.Event().wait()

    patch.setattr(Terminal, "walk", idle)


async def printed(house: House) -> list[str]:
    """The letters that are due, as they are printed, in no order."""
    blocks: list[str] = []
    service = house.service
    sayer = replace(service.terminal, say=blocks.append)
    await sayer.deliver(service.outbox, partial(filled, service, DECLARED.links))
    return blocks


async def tickets(house: House, page: str, email: str) -> list[str]:
    """The tickets for `page` that are due, all of which go to this address."""
    found = [_BLOCK.fullmatch(each) for each in await printed(house) if "  Link: " in each]
    assert all(each and (each[1], each[3]) == (email, page) for each in found), found
    return [each[4] for each in found if each]


async def kinds(house: House) -> list[str]:
    """The letters in the outbox, in no order."""
    return sorted(each.kind for each in await house.service.outbox.latest(100))


def seen(answer: httpx2.Response) -> tuple[int, object, str]:
    """All that a stranger sees of an answer, but for the address that they typed themselves."""
    text = re.sub(r'(name="once" value)="[^"]*"', r"\1", answer.text)
    typed = re.compile(rb"(__Host-typed=)[\w-]+")
    headers = sorted((name, typed.sub(rb"\1?", value)) for name, value in answer.headers.raw)
    return answer.status_code, headers, text
