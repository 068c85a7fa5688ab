"""The application itself: a login, a page that asks who it is, and an operator's decisions.

Everything but the keeping of logins is the same in every kind: the framework, the server, the
password check and the answer.
"""

import resource
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from ...passwords import Passwords

WAYS = ("cookie", "bearer")


class Who(Protocol):
    """Who makes a request."""

    @property
    def subject(self) -> str: ...

    @property
    def roles(self) -> Any: ...


class Form(BaseModel):
    """A login: everybody has the same password, and the roles that they ask for."""

    name: str
    password: str
    transport: str = "cookie"
    roles: list[str] = []


class Decision(BaseModel):
    """What an operator decides about a person."""

    subject: str
    roles: list[str] = []


@dataclass(slots=True)
class Clock:
    """This machine's clock, put forward when the run wants a time to have passed."""

    ahead: int = 0

    def __call__(self) -> int:
        return int(time.time()) + self.ahead


@dataclass(slots=True)
class Counter:
    """How often the store was asked, by what it was asked for."""

    calls: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, seconds: float = 0) -> None:
        self.calls[name] = self.calls.get(name, 0) + 1


class Keeper(Protocol):
    """One way to keep people logged in."""

    @property
    def lifespan(self) -> Callable[[FastAPI], AbstractAsyncContextManager[None]] | None: ...

    @property
    def who(self) -> Callable[..., Any]:
        """The dependency that says who makes a request."""

    def install(self, app: FastAPI) -> None: ...

    async def log_in(self, form: Form, response: Response) -> dict[str, Any]: ...

    async def refresh(self, token: str) -> dict[str, Any]: ...

    async def log_out(self, request: Request, response: Response) -> None: ...

    async def lock(self, subject: str) -> None: ...

    async def set_roles(self, subject: str, roles: list[str]) -> None: ...

    async def listed(self, subject: str) -> list[dict[str, Any]]:
        """What the server knows of the places where somebody is logged in."""

    async def fill(self, count: int) -> None:
        """Log in so many people, whose passwords nobody checks."""

    async def purge(self) -> int:
        """Delete what is dead by the clock; says how many."""

    async def public_keys(self) -> dict[str, Any]:
        """The keys with which others can check a credential."""

    async def recover(self) -> None:
        """The key that signs was stolen: use another."""


def application(keeper: Keeper | None, hashed: str, clock: Clock, counter: Counter) -> FastAPI:
    """The application.  Without a `keeper` it asks nobody who they are."""
    app = FastAPI(lifespan=None if keeper is None else keeper.lifespan)
    _add_usage(app, counter)
    if keeper is None:
        _add_bare(app, hashed)
        return app
    keeper.install(app)
    _add_logins(app, keeper, hashed)
    _add_operator(app, keeper, clock)
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
    """Bytes that this process holds, or has held where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def _add_logins(app: FastAPI, keeper: Keeper, hashed: str) -> None:
    passwords = Passwords()

    @app.post("/login")
    async def login(form: Form, response: Response) -> dict[str, Any]:
        if form.transport not in WAYS:
            raise HTTPException(422)
        if not await passwords.verify(form.password, hashed):
            raise HTTPException(401)
        return await keeper.log_in(form, response)

    @app.get("/me")
    async def me(who: Annotated[Any, Depends(keeper.who)]) -> dict[str, Any]:
        return {"subject": who.subject, "roles": sorted(who.roles)}

    @app.post("/refresh")
    async def refresh(request: Request) -> dict[str, Any]:
        return await keeper.refresh((await request.json())["refresh_token"])

    @app.post("/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        await keeper.log_out(request, response)

    @app.get("/keys")
    async def keys() -> dict[str, Any]:
        return await keeper.public_keys()


def _add_operator(app: FastAPI, keeper: Keeper, clock: Clock) -> None:
    @app.post("/lock", status_code=204)
    async def lock(decision: Decision) -> None:
        await keeper.lock(decision.subject)

    @app.post("/roles", status_code=204)
    async def roles(decision: Decision) -> None:
        await keeper.set_roles(decision.subject, decision.roles)

    @app.post("/listed")
    async def listed(decision: Decision) -> list[dict[str, Any]]:
        return await keeper.listed(decision.subject)

    @app.post("/fill/{count}", status_code=204)
    async def fill(count: int) -> None:
        await keeper.fill(count)

    @app.post("/purge")
    async def purge() -> dict[str, Any]:
        began, gone = time.perf_counter(), await keeper.purge()
        return {"gone": gone, "seconds": time.perf_counter() - began}

    @app.post("/recover", status_code=204)
    async def recover() -> None:
        await keeper.recover()

    @app.post("/ahead/{seconds}", status_code=204)
    async def put_forward(seconds: int) -> None:
        clock.ahead = seconds
