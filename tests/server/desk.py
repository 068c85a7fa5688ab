"""Who works with the console in tests of the server."""

from dataclasses import dataclass
from typing import Any

import httpx2

from doorward.server.audit.history import Query
from tests.server.house import House, login

ADMIN, CUSTOMER = "root@example.test", "carol@example.test"


@dataclass(frozen=True, slots=True)
class Desk:
    """A house with an administrator at work and a customer who is logged in."""

    house: House
    admin: httpx2.AsyncClient
    customer: httpx2.AsyncClient
    root: str
    carol: str

    async def subject(self, email: str) -> str:
        user = await self.house.service.users.by_email(email)
        assert user is not None
        return user.subject

    async def kinds(self, subject: str) -> list[str]:
        found = await self.house.service.history.page(Query(person=subject))
        return [each.entry.kind for each in found]


async def person(
    house: House, email: str, *roles: str, **more: Any
) -> tuple[httpx2.AsyncClient, str]:
    """Somebody who is logged in, and their subject; `more` is about their browser."""
    subject = await house.account(email, *roles)
    browser = await house.browser(**more)
    assert (await login(browser, email=email)).status_code == 200
    return browser, subject


async def desk_of(house: House) -> Desk:
    admin, root = await person(house, ADMIN, "admin")
    customer, carol = await person(house, CUSTOMER)
    return Desk(house, admin, customer, root, carol)
