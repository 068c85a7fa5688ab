"""An application that keeps its own users, with the same JSON API as the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from doorward import Issued
from doorward.types import Session
from doorward.web import transport
from doorward.web.asgi import current_visit
from doorward.web.fastapi import Doorward, Principal


@dataclass(frozen=True, slots=True)
class User:
    subject: str
    password: str
    roles: frozenset[str] = frozenset()
    locked: bool = False


class Account(BaseModel):
    email: str
    password: str


class Login(Account):
    transport: Literal["cookie", "bearer"]


class Refresh(BaseModel):
    refresh_token: str


class Password(BaseModel):
    password: str


@dataclass(slots=True)
class Users:
    """The application's own table.  What is decided is written here first and told second."""

    auth: Doorward
    by_email: dict[str, User] = field(default_factory=dict)

    async def set_roles(self, email: str, *roles: str) -> None:
        self.by_email[email] = replace(self.by_email[email], roles=frozenset(roles))
        await (await self.auth.auth()).change(self.by_email[email].subject, roles=roles)

    async def lock(self, email: str) -> None:
        self.by_email[email] = replace(self.by_email[email], locked=True)
        await (await self.auth.auth()).revoke(subject=self.by_email[email].subject)


def build(auth: Doorward) -> tuple[FastAPI, Users]:
    app, users = FastAPI(lifespan=auth.lifespan), Users(auth)
    auth.install(app)
    add_accounts(app, auth, users)
    add_sessions(app, auth)
    return app, users


def add_accounts(app: FastAPI, auth: Doorward, users: Users) -> None:
    @app.post("/api/signup", status_code=201)
    async def signup(body: Account) -> dict[str, str]:
        subject = f"u{len(users.by_email)}"
        users.by_email[body.email] = User(subject, body.password)
        return {"subject": subject}

    @app.post("/api/login")
    async def login(body: Login, response: Response) -> dict[str, Any]:
        attempt = await auth.attempt()
        user = users.by_email.get(body.email)
        if user is None or user.locked or user.password != body.password:
            raise HTTPException(401)
        issued = await attempt.login(
            response, subject=user.subject, roles=user.roles, transport=body.transport
        )
        return shown(issued, body.transport)

    @app.post("/api/refresh")
    async def refresh(body: Refresh) -> dict[str, Any]:
        if auth.lifecycle.settings.mode == "session":
            raise HTTPException(404)
        return shown(await (await auth.auth()).refresh(body.refresh_token), "bearer")

    @app.post("/api/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        await auth.logout(request, response)


def add_sessions(app: FastAPI, auth: Doorward) -> None:
    Known = Annotated[Principal, Depends(auth.principal)]  # noqa: N806 - a type

    @app.get("/api/me")
    async def me(principal: Known) -> dict[str, Any]:
        return {
            "subject": principal.subject,
            "sid": principal.sid,
            "mode": principal.mode,
            "roles": sorted(principal.roles),
            "authenticated_at": principal.authenticated_at,
        }

    @app.post("/api/elevate")
    async def elevate(body: Password, principal: Known, response: Response) -> dict[str, Any]:
        issued = await (await auth.auth()).elevate(principal)
        presented = transport.read(current_visit().headers, auth.lifecycle.settings.modes)
        assert presented is not None
        if presented.transport == "cookie":
            for name, value in transport.write(issued, issued.session.seen_at):
                response.headers.append(name.decode(), value.decode())
        return shown(issued, presented.transport)

    @app.get("/api/sessions")
    async def sessions(principal: Known) -> Mapping[str, Any]:
        rows = await (await auth.auth()).sessions(principal.subject)
        return {"sessions": [entry(row, principal) for row in rows]}

    @app.delete("/api/sessions", status_code=204)
    async def end_others(principal: Known) -> None:
        await (await auth.auth()).revoke(subject=principal.subject, keep=principal.sid)

    @app.delete("/api/sessions/{sid}", status_code=204)
    async def end(sid: str, principal: Known) -> None:
        row = await (await auth.auth()).session(sid)
        if row is None or row.subject != principal.subject:
            raise HTTPException(404)
        await (await auth.auth()).revoke(sid=sid)


def entry(row: Session, principal: Principal) -> dict[str, Any]:
    device = row.device.label
    return {"sid": row.sid, "device": device, "current": row.sid == principal.sid}


def shown(issued: Issued, via: transport.Transport) -> dict[str, Any]:
    if via == "cookie":
        return {"subject": issued.session.subject, "sid": issued.session.sid}
    given = {"access_token": issued.credential, "token_type": "Bearer"}
    return (
        given if issued.refresh_token is None else {**given, "refresh_token": issued.refresh_token}
    )
