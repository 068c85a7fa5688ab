"""Doorward as a library, in either mode."""

from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request, Response

from ...server.metrics.timed import METHODS, timed
from ...stores import Backend
from ...types import Issued, Mode
from ...web.fastapi import Doorward
from .application import Clock, Counter, Form
from .spec import TRUSTED, Spec


class DoorwardSessions:
    """See `Authentication`."""

    def __init__(self, spec: Spec, mode: Mode, clock: Clock, counter: Counter) -> None:
        self._clock = clock
        self._doorward = Doorward(
            spec.store,
            mode=mode,
            root_key_file=spec.root_key_file,
            public_origin=f"http://localhost:{spec.port}",
            trusted_origins=(TRUSTED,),
            clock=clock,
            around=lambda store: _counted(store, counter),
        )
        self.lifespan = self._doorward.lifespan
        self.principal = self._doorward.principal

    def install(self, app: FastAPI) -> None:
        self._doorward.install(app)

    async def log_in(self, form: Form, response: Response) -> dict[str, Any]:
        attempt = await self._doorward.attempt(form.name)
        issued = await attempt.login(
            response,
            subject=form.name,
            roles=form.roles,
            transport="cookie" if form.transport == "cookie" else "bearer",
        )
        return {} if form.transport == "cookie" else self._tokens(issued)

    async def refresh(self, token: str) -> dict[str, Any]:
        auth = await self._doorward.auth()
        return self._tokens(await auth.refresh(token))

    async def log_out(self, request: Request, response: Response) -> None:
        await self._doorward.logout(request, response)

    async def lock(self, subject: str) -> None:
        await (await self._doorward.auth()).revoke(subject=subject)

    async def set_roles(self, subject: str, roles: list[str]) -> None:
        await (await self._doorward.auth()).change(subject, roles=roles)

    async def listed(self, subject: str) -> list[dict[str, Any]]:
        auth = await self._doorward.auth()
        return [
            {
                "sid": row.sid,
                "subject": row.subject,
                "roles": sorted(row.roles),
                "device": asdict(row.device),
                "since": row.created_at,
                "last_seen": row.seen_at,
                "ends": row.ends_at,
            }
            for row in await auth.sessions(subject)
        ]

    async def fill(self, count: int) -> None:
        auth = await self._doorward.auth()
        for number in range(count):
            attempt = await auth.attempt()
            await attempt.login(f"filled-{number}", roles=["reader"])

    async def purge(self) -> int:
        return await (await self._doorward.auth()).purge()

    async def public_keys(self) -> dict[str, Any]:
        return dict(await (await self._doorward.auth()).jwks())

    async def recover(self) -> None:
        auth = await self._doorward.auth()
        kids = [key["kid"] for key in (await auth.jwks())["keys"]]
        for kid in kids:
            await auth.withdraw_key(kid)

    def _tokens(self, issued: Issued) -> dict[str, Any]:
        return {
            "access_token": issued.credential,
            "expires_in": issued.credential_expires_at - self._clock(),
            "refresh_token": issued.refresh_token,
        }


def _counted(store: Backend, counter: Counter) -> Backend:
    # on a local store, `changes` asks whether the file changed and reads no row
    methods = METHODS if store.local else (*METHODS, "changes")
    return timed(store, counter.count, methods)
