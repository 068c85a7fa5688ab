"""What the operator of an instance can do, inside its process."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from fastapi import FastAPI

from ..keys import load_root_keys, signer_at
from ..keys.algorithm import signing
from ..keys.rotation import private_part
from ..server import signing_keys
from ..server.accounts.apply_decisions import apply_decisions
from ..server.accounts.invitation import invitation_link
from ..server.accounts.reset_link import reset_link
from ..server.app import DECLARED
from ..server.background import filled
from ..server.oauth.apply_decisions import end_grants
from ..server.oauth.client import Registration
from ..server.oauth.scopes import Scope
from ..server.service import Service
from ..types import SigningKey
from .forge import encode, segment
from .lab import Applications, Letter, Operator
from .serving import TIMEOUT
from .target import Missing

T = TypeVar("T")

LETTERS = 1_000
"""The latest letters, among which those to an address are looked for."""


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
        return Operator(
            sign=self._sign,
            compromise=self._compromise,
            reset_link=self._reset_link,
            invitation=self._invitation,
            letters=self._letters,
        )

    def applications(self) -> Applications:
        return Applications(
            register=lambda uris, scopes: self._do(self._register(uris, scopes)),
            disable=lambda client_id: self._do(self._disable(client_id)),
            lock=lambda email: self._do(self._lock(email)),
        )

    def _do(self, steps: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(steps, self._loop).result(TIMEOUT)

    def _sign(self, claims: bytes, *, kid: str = "") -> str:
        async def sign() -> str:
            auth, now = self._service.auth, self._service.clock()
            if not kid:
                return (await auth.signing.ring()).sign(claims, now)
            return self._signed(signer_at(await auth.signing.keys(), now), claims, kid)

        return self._do(sign())

    def _signed(self, key: SigningKey, claims: bytes, kid: str) -> str:
        """By `key` under the name `kid`: a keyring gives its keys no other names than their own."""
        path = self._service.options.key_file
        root = load_root_keys(path, os.environ, sealed_exist=True)
        sign = signing(key.algorithm).signer(private_part(root, key))
        header = {"alg": key.algorithm, "kid": kid, "typ": "at+jwt"}
        message = f"{segment(header)}.{encode(claims)}"
        return f"{message}.{encode(sign(message.encode()))}"

    def _compromise(self, kid: str) -> None:
        self._do(signing_keys.compromise(self._service.auth, kid))

    def _reset_link(self, email: str) -> str:
        async def make() -> str:
            service = self._service
            user = await service.users.find(email)
            if user is None:
                raise LookupError(f"nobody has the address {email}")
            store, origin = service.auth.store, service.options.origin
            return await reset_link(store, user, origin, at=service.clock())

        return self._do(make())

    def _invitation(self, email: str) -> str:
        async def make() -> str:
            service, at = self._service, self._service.clock()
            user = await service.users.create(email, None, at=at)
            return await invitation_link(service.auth.store, user, service.options.origin, at=at)

        return self._do(make())

    def _letters(self, email: str) -> list[Letter]:
        async def written() -> list[Letter]:
            service = self._service
            fill = partial(filled, service, DECLARED.links)
            while True:
                await service.terminal.deliver(service.outbox, fill)
                found = [one for one in await service.outbox.latest(LETTERS) if one.email == email]
                if all(one.sent_at is not None for one in found):
                    break
                await asyncio.sleep(0.01)  # the server's own round has one in its hands
            links = service.terminal.links
            return [Letter(one.kind, links.get(one.id, "")) for one in reversed(found)]

        if self._service.options.mail != "outbox":
            raise Missing("Only an instance that the lab starts without TLS shows its letters.")
        return self._do(written())

    async def _register(self, uris: Sequence[str], scopes: Mapping[str, str]) -> tuple[str, str]:
        provider, at = self._service.provider, self._service.clock()
        known = await provider.scopes.known()
        for name in scopes.keys() - known.keys():
            scope = Scope(name=name, resource=scopes[name], sentence=f"Use {name}.")
            await provider.scopes.add(scope)
        known = await provider.scopes.known()
        registration = Registration(
            name="Lab",
            kind="confidential",
            scopes=[known[name] for name in scopes],
            redirect_uris=uris,
            post_logout_uris=uris,
        )
        added = await provider.clients.add(registration, at=at)
        return added.client.client_id, added.secret or ""

    async def _disable(self, client_id: str) -> None:
        provider = self._service.provider
        client = await provider.clients.disable(client_id, at=self._service.clock())
        if client is None:
            raise LookupError(f"no application has the id {client_id}")
        await end_grants(provider, client)

    async def _lock(self, email: str) -> None:
        users = self._service.users
        user = await users.find(email)
        locked = user and await users.lock(user.subject, at=self._service.clock())
        if not locked:
            raise LookupError(f"nobody has the address {email}")
        await apply_decisions(users, self._service.auth, locked)
