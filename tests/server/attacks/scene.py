"""Where attacks are played: a server, its administrator, its victims and a thief."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from doorward.server.journeys.first_admin.flow import setup_link
from tests.server.desk import ADMIN, person
from tests.server.house import PASSWORD, House, login

THIEF = "203.0.113.9"
NEW = "a wholly new passphrase"
FORGED = "x" * 43
"""Has the form of a ticket."""

Made = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """One server, and every secret that was sent to it."""

    house: House
    thief: httpx2.AsyncClient
    admin: httpx2.AsyncClient
    setup_ticket: str
    access_token: str
    """Of the administrator."""
    secrets: set[str] = field(default_factory=set)
    numbers: "count[int]" = field(default_factory=count)

    async def email(self) -> str:
        """The address of a new account."""
        email = f"victim{next(self.numbers)}@example.test"
        await self.house.account(email)
        return email

    async def victim(self) -> httpx2.AsyncClient:
        """The browser of somebody new who is logged in."""
        browser, _ = await person(self.house, await self.email())
        self.secrets.update(browser.cookies.values())
        return browser

    async def tokens(self) -> Made:
        """What somebody new without cookies was given, and their `subject`."""
        email = await self.email()
        answer = await login(await self.house.client(), email=email, transport="bearer")
        return self._keep(answer) | {"subject": await self.house.account(email)}

    async def link(self, subject: str) -> str:
        """The ticket of a reset link."""
        answer = await self.admin.post(f"/api/admin/users/{subject}/reset-link")
        return ticket_in(answer.json()["reset_link"])

    async def shows(self, credential: str, path: str = "/api/me") -> None:
        self.secrets.add(credential)
        await self.thief.get(path, headers={"authorization": f"Bearer {credential}"})

    async def exchanges(self, token: str) -> Made:
        self.secrets.add(token)
        return self._keep(await self.thief.post("/api/refresh", json={"refresh_token": token}))

    async def uses(self, path: str, ticket: str, **more: str) -> None:
        self.secrets.add(ticket)
        form = {"ticket": ticket, **more}
        await self.thief.post(path, data=form, headers={"sec-fetch-site": "same-origin"})

    @asynccontextmanager
    async def later(self, seconds: int) -> AsyncIterator[None]:
        """Within, so many seconds have passed."""
        self.house.clock.advance(seconds)
        yield
        self.house.clock.advance(-seconds)

    def _keep(self, answer: httpx2.Response) -> Made:
        found: Made = answer.json()
        self.secrets.update(
            found[name] for name in ("access_token", "refresh_token") & found.keys()
        )
        return found


async def scene_of(house: House) -> Scene:
    link = await setup_link(house.service)
    assert link is not None
    admin, _ = await person(house, ADMIN, "admin")
    answer = await login(await house.client(), email=ADMIN, transport="bearer")
    thief = await house.client(address=THIEF)
    made = Scene(house, thief, admin, ticket_in(link), answer.json()["access_token"])
    made.secrets.update([PASSWORD, NEW, made.setup_ticket, made.access_token])
    made.secrets.update(admin.cookies.values())
    return made


def ticket_in(link: str) -> str:
    return parse_qs(urlsplit(link).query)["ticket"][0]


Play = Callable[[Scene], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Attack:
    """The line that names it has this kind and one of these outcomes.  Where no line is to be, both
    are empty."""

    name: str
    kind: str
    outcomes: tuple[str, ...]
    play: Play
    mode: str = "session"

    def __str__(self) -> str:
        return f"{self.name} ({self.mode})"


class Table(list[Attack]):
    """Attacks in the order in which they are written down."""

    def add(self, kind: str, *outcomes: str, modes: str = "session") -> Callable[[Play], Play]:
        """Add a function, in each of the modes."""

        def added(play: Play) -> Play:
            name = getattr(play, "__name__", "").replace("_", " ")
            self.extend(Attack(name, kind, outcomes, play, mode) for mode in modes.split())
            return play

        return added
