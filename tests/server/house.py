"""The server in this process, with a clock that stands still and passwords that cost nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from doorward.passwords import CHEAP
from doorward.server.app import create_app
from doorward.server.options import Options
from doorward.server.service import Service
from doorward.testing import FakeClock

ORIGIN = "https://testserver"
EMAIL, PASSWORD = "alice@example.test", "correct horse battery"


@dataclass(frozen=True, slots=True)
class House:
    """One server.  Each `browser()` is another client, with cookies of its own."""

    app: FastAPI
    clock: FakeClock
    stack: AsyncExitStack

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    async def client(
        self, *, address: str = "198.51.100.7", url: str = ORIGIN, **headers: str
    ) -> httpx2.AsyncClient:
        """A client that says no more than it is told to: curl, or another server."""
        transport = httpx2.ASGITransport(self.app, client=(address, 40000))
        found = httpx2.AsyncClient(transport=transport, base_url=url, headers=headers)
        return await self.stack.enter_async_context(found)

    async def browser(self, **more: Any) -> httpx2.AsyncClient:
        """A client that says where its requests come from, as every browser does."""
        return await self.client(**{"sec-fetch-site": "same-origin", **more})

    async def account(self, email: str = EMAIL, *roles: str) -> str:
        """The subject of an account that is there; one that was not signed up is made, past the
        pages, the limits and the history."""
        users, at = self.service.users, self.clock()
        user = await users.by_email(email)
        if user is None:
            hashed = await self.service.passwords.hash(PASSWORD)
            user = await users.create(email, hashed, frozenset(roles), at=at)
        assert user.roles >= frozenset(roles), f"{email} is there already, without these roles"
        return user.subject

    async def new_alice(self, **more: Any) -> httpx2.AsyncClient:
        """A browser on which the first user signed up and logged in."""
        browser = await self.browser(**more)
        account = {"email": EMAIL, "password": PASSWORD}
        assert (await browser.post("/api/signup", json=account)).status_code == 201
        assert (await login(browser)).status_code == 200
        return browser

    async def alice(self, **more: Any) -> httpx2.AsyncClient:
        """A browser on which the first user is logged in."""
        await self.account()
        browser = await self.browser(**more)
        assert (await login(browser)).status_code == 200
        return browser


async def login(
    client: httpx2.AsyncClient,
    password: str = PASSWORD,
    *,
    email: str = EMAIL,
    transport: str = "cookie",
    **more: Any,
) -> httpx2.Response:
    body = {"email": email, "password": password, "transport": transport}
    return await client.post("/api/login", json=body, **more)


Opened = Callable[..., Any]


@asynccontextmanager
async def houses(root_key_file: Path) -> AsyncIterator[Opened]:
    """What opens houses, which are closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_house(**options: Any) -> House:
            given = {
                "database": "memory:",
                "public_origin": ORIGIN,
                "root_key_file": str(root_key_file),
                **options,
            }
            clock = FakeClock()
            app = create_app(Options(**given), clock=clock, cost=CHEAP)
            await stack.enter_async_context(app.router.lifespan_context(app))
            return House(app, clock, stack)

        yield open_house
