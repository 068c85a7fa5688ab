"""Sign-up, login and all that follows, for the users of an application's own table."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from ...errors import Reason, Rejected
from ...passwords import Passwords
from ...types import Principal
from ..asgi import current_visit
from .app import Doorward
from .user_table import KnownUser, UserTable

FRESH = 300
"""Seconds for which a proof is enough to delete an account."""

_ADDRESS = r"^[A-Za-z0-9.+_'-]+@[A-Za-z0-9.-]*[A-Za-z0-9]$"

Email = Annotated[str, StringConstraints(to_lower=True, pattern=_ADDRESS, max_length=254)]
"""Plain and in lower case, so that another spelling is not another account."""

Typed = Annotated[str, Field(max_length=128)]
Chosen = Annotated[str, Field(min_length=8, max_length=128)]


class SignupForm(BaseModel):
    email: Email
    password: Chosen


class LoginForm(BaseModel):
    email: Email
    password: Typed


class PasswordForm(BaseModel):
    current: Typed
    new: Chosen


class ElevateForm(BaseModel):
    password: Typed


class SessionShown(BaseModel):
    """A place where the person is logged in."""

    sid: str
    address: str
    user_agent: str
    created_at: int
    seen_at: int
    current: bool


def user_router(auth: Doorward, users: UserTable, passwords: Passwords | None = None) -> APIRouter:
    """A router with `/signup`, `/login`, `/logout`, `/me`, `/sessions`, `/password`, `/elevate` and
    `/account`, which takes and gives JSON and logs in by cookie.

    An unknown address, a wrong password and a locked user get one answer after the same work; a
    sign-up tells who has an account.  A new password, and the deletion of an account, end the
    person's other sessions.
    """
    routes = _Routes(auth, users, passwords or Passwords())
    router = APIRouter()
    router.add_api_route("/signup", routes.signup, methods=["POST"], status_code=201)
    router.add_api_route("/login", routes.login, methods=["POST"], status_code=204)
    router.add_api_route("/logout", routes.logout, methods=["POST"], status_code=204)
    who, fresh = Depends(auth.principal), Depends(auth.requires(fresh=FRESH))
    cookie = Depends(routes.by_cookie)

    @router.get("/me")
    async def me(principal: Principal = who) -> Principal:
        return principal

    @router.get("/sessions")
    async def sessions(principal: Principal = who) -> Sequence[SessionShown]:
        return await routes.sessions(principal)

    @router.delete("/sessions/{sid}", status_code=204)
    async def end_session(sid: str, principal: Principal = who) -> None:
        await routes.end_session(principal, sid)

    @router.post("/password", status_code=204)
    async def password(
        form: PasswordForm, response: Response, principal: Principal = cookie
    ) -> None:
        await routes.change_password(principal, form, response)

    @router.post("/elevate", status_code=204)
    async def elevate(form: ElevateForm, response: Response, principal: Principal = cookie) -> None:
        await routes.confirm(principal, form.password, response)

    @router.delete("/account", status_code=204)
    async def delete(principal: Principal = fresh) -> None:
        await routes.delete(principal)

    return router


class _Routes:
    def __init__(self, auth: Doorward, users: UserTable, passwords: Passwords) -> None:
        self._auth = auth
        self._users = users
        self._passwords = passwords

    async def signup(self, form: SignupForm) -> dict[str, Any]:
        hashed = await self._passwords.hash(form.password)
        user = await self._users.add(form.email, hashed)
        if user is None:
            raise HTTPException(409, "There is an account with this address.")
        return {"subject": user.subject}

    async def login(self, form: LoginForm, response: Response) -> None:
        # before the user is read, so that a lock or a role change meanwhile refuses this login
        attempt = await self._auth.attempt(form.email)
        user = await self._users.by_email(form.email)
        if not await self._is_right(user, form.password) or user is None or user.locked:
            raise HTTPException(401, "The address or the password is wrong.")
        await attempt.login(response, subject=user.subject, roles=user.roles)
        if user.password_hash and self._passwords.needs_rehash(user.password_hash):
            hashed = await self._passwords.hash(form.password)
            await self._users.set_password(user.subject, hashed, user.password_hash)

    async def logout(self, request: Request, response: Response) -> None:
        await self._auth.logout(request, response)

    async def sessions(self, principal: Principal) -> Sequence[SessionShown]:
        found = await (await self._auth.auth()).sessions(principal.subject)
        return [
            SessionShown(
                sid=each.sid,
                address=each.device.address,
                user_agent=each.device.user_agent,
                created_at=each.created_at,
                seen_at=each.seen_at,
                current=each.sid == principal.sid,
            )
            for each in found
        ]

    async def end_session(self, principal: Principal, sid: str) -> None:
        auth = await self._auth.auth()
        row = await auth.session(sid)
        if row is None or row.subject != principal.subject:
            raise HTTPException(404, "You have no such session.")
        await auth.revoke(sid=sid)

    async def by_cookie(self) -> Principal:
        """Who makes this request, with a cookie: a new secret travels the way the old one came, and
        these routes have no answer that could carry one for Bearer."""
        principal = await self._auth.principal()
        if current_visit().via != "cookie":
            raise HTTPException(400, "This needs a login by cookie.")
        return principal

    async def change_password(
        self, principal: Principal, form: PasswordForm, response: Response
    ) -> None:
        user = await self.confirm(principal, form.current, response)
        hashed = await self._passwords.hash(form.new)
        if not await self._users.set_password(user.subject, hashed, user.password_hash):
            raise HTTPException(409, "The password was changed meanwhile. Log in again.")
        await (await self._auth.auth()).revoke(subject=user.subject, keep=principal.sid)
        await self._auth.forget_browsers(user.email)

    async def confirm(self, principal: Principal, password: str, response: Response) -> KnownUser:
        await self._auth.attempt_elevate()  # before the check, so that a wrong guess is counted
        user = await self._users.by_subject(principal.subject)
        if user is None or user.locked:
            raise Rejected(Reason.REVOKED)
        if not await self._is_right(user, password):
            raise HTTPException(403, "This is not your password.")
        await self._auth.elevate(response)
        return user

    async def delete(self, principal: Principal) -> None:
        await self._users.delete(principal.subject)
        await (await self._auth.auth()).revoke(subject=principal.subject)

    async def _is_right(self, user: KnownUser | None, password: str) -> bool:
        return await self._passwords.verify(password, user.password_hash if user else None)
