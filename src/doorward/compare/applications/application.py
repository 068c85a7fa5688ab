"""The small application: a login, a page that asks who makes the request, an operator's decisions.

Every kind has the same framework, server, password check and answers.  Only the way differs in
which people are kept logged in: the `Authentication`.
"""

import resource
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from ...passwords import Passwords

TRANSPORTS = ("cookie", "bearer")


class Form(BaseModel):
    """A login.  All people share one password and get the roles that they ask for."""

    name: str
    password: str
    transport: str = "cookie"
    roles: list[str] = []


class Decision(BaseModel):
    """An operator's request about one person; `roles` counts only for a change of roles."""

    subject: str
    roles: list[str] = []


@dataclass(slots=True)
class Clock:
    """The machine's clock, `ahead` by some seconds so that a run need not wait for an expiry."""

    ahead: int = 0

    def __call__(self) -> int:
        return int(time.time()) + self.ahead


@dataclass(slots=True)
class Counter:
    """Calls of the store so far."""

    calls: int = 0

    def count(self, name: str, seconds: float) -> None:
        self.calls += 1


class Authentication(Protocol):
    """One way to keep people logged in."""

    @property
    def lifespan(self) -> Callable[[FastAPI], AbstractAsyncContextManager[None]] | None: ...

    @property
    def principal(self) -> Callable[..., Any]:
        """The dependency that gives the principal of a request: its `subject` and `roles`."""

    def install(self, app: FastAPI) -> None: ...

    async def log_in(self, form: Form, response: Response) -> dict[str, Any]: ...

    async def refresh(self, token: str) -> dict[str, Any]: ...

    async def log_out(self, request: Request, response: Response) -> None: ...

    async def lock(self, subject: str) -> None: ...

    async def set_roles(self, subject: str, roles: list[str]) -> None: ...

    async def listed(self, subject: str) -> list[dict[str, Any]]:
        """The logins of a person, with all that the server knows about each."""

    async def fill(self, count: int) -> None:
        """Log in `count` people without checking a password."""

    async def purge(self) -> int:
        """Delete the logins that ended by the clock.  Returns how many."""

    async def public_keys(self) -> dict[str, Any]:
        """The JWK set with which other services can check a credential."""

    async def recover(self) -> None:
        """Replace the signing key, because it was stolen."""


def application(
    authentication: Authentication | None, hashed: str, clock: Clock, counter: Counter
) -> FastAPI:
    """The application.  Without an `authentication` it asks nobody who they are."""
    app = FastAPI(lifespan=None if authentication is None else authentication.lifespan)
    _add_usage(app, counter)
    if authentication is None:
        _add_bare(app, hashed)
        return app
    authentication.install(app)
    _add_logins(app, authentication, hashed)
    _add_operator(app, authentication, clock)
    return app


def _add_bare(app: FastAPI, hashed: str) -> None:
    passwords = Passwords()

    @app.post("/login")
    async def login(form: Form) -> dict[str, Any]:
        return {"right": await passwords.verify(form.password, hashed)}

    @app.get("/me")
    async def me() -> dict[str, Any]:
        return {"subject": "somebody", "roles": []}


def _add_usage(app: FastAPI, counter: Counter) -> None:
    @app.get("/usage")
    async def usage() -> dict[str, Any]:
        return {"cpu": time.process_time(), "memory": _memory(), "calls": counter.calls}


def _memory() -> int:
    """Resident bytes of this process; the most so far on systems without /proc."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def _add_logins(app: FastAPI, authentication: Authentication, hashed: str) -> None:
    passwords = Passwords()

    @app.post("/login")
    async def login(form: Form, response: Response) -> dict[str, Any]:
        if form.transport not in TRANSPORTS:
            raise HTTPException(422)
        if not await passwords.verify(form.password, hashed):
            raise HTTPException(401)
        return await authentication.log_in(form, response)

    @app.get("/me")
    async def me(principal: Annotated[Any, Depends(authentication.principal)]) -> dict[str, Any]:
        return {"subject": principal.subject, "roles": sorted(principal.roles)}

    @app.post("/refresh")
    async def refresh(request: Request) -> dict[str, Any]:
        return await authentication.refresh((await request.json())["refresh_token"])

    @app.post("/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        await authentication.log_out(request, response)

    @app.get("/keys")
    async def keys() -> dict[str, Any]:
        return await authentication.public_keys()


def _add_operator(app: FastAPI, authentication: Authentication, clock: Clock) -> None:
    @app.post("/lock", status_code=204)
    async def lock(decision: Decision) -> None:
        await authentication.lock(decision.subject)

    @app.post("/roles", status_code=204)
    async def roles(decision: Decision) -> None:
        await authentication.set_roles(decision.subject, decision.roles)

    @app.post("/listed")
    async def listed(decision: Decision) -> list[dict[str, Any]]:
        return await authentication.listed(decision.subject)

    @app.post("/fill/{count}", status_code=204)
    async def fill(count: int) -> None:
        await authentication.fill(count)

    @app.post("/purge")
    async def purge() -> dict[str, Any]:
        began, gone = time.perf_counter(), await authentication.purge()
        return {"gone": gone, "seconds": time.perf_counter() - began}

    @app.post("/recover", status_code=204)
    async def recover() -> None:
        await authentication.recover()

    @app.post("/ahead/{seconds}", status_code=204)
    async def put_forward(seconds: int) -> None:
        clock.ahead = seconds
