"""What the operator of an instance can do, inside its process."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import FastAPI

from ..server.flows import keys
from ..server.people.reset_link import reset_link
from ..server.service import Service
from .lab import Operator
from .serving import TIMEOUT

T = TypeVar("T")


class Inside:
    """The service of an application that runs in another thread."""

    def __init__(self) -> None:
        self._service: Service
        self._loop: asyncio.AbstractEventLoop

    @asynccontextmanager
    async def entered(self, app: FastAPI) -> AsyncIterator[None]:
        """The lifespan of `app`."""
        async with app.router.lifespan_context(app):
            self._service, self._loop = app.state.service, asyncio.get_running_loop()
            yield

    def operator(self) -> Operator:
        return Operator(sign=self._sign, compromise=self._compromise, reset_link=self._reset_link)

    def _do(self, steps: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(steps, self._loop).result(TIMEOUT)

    def _sign(self, claims: bytes) -> str:
        async def sign() -> str:
            auth = self._service.auth
            return (await auth.signing.ring()).sign(claims, auth.clock())

        return self._do(sign())

    def _compromise(self, kid: str) -> None:
        self._do(keys.compromise(self._service.auth, kid))

    def _reset_link(self, email: str) -> str:
        async def make() -> str:
            service = self._service
            user = await service.users.find(email)
            if user is None:
                raise LookupError(f"nobody has the address {email}")
            store, origin = service.auth.store, service.options.origin
            return await reset_link(store, user, origin, at=service.clock())

        return self._do(make())
