"""The server in this process, with a clock that stands still and passwords that cost nothing."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI

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

    async def alice(self, **more: Any) -> httpx2.AsyncClient:
        """A browser on which the first user is logged in."""
        browser = await self.browser(**more)
        await browser.post("/api/signup", json={"email": EMAIL, "password": PASSWORD})
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
