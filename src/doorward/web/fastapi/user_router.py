"""Sign-up, login and all that follows, for the users of an application's own table."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from ...errors import Busy, Reason, Rejected
from ...password_policy import StolenPasswords, check_password
from ...passwords import Passwords, UnacceptablePassword
from ...types import Principal
from .. import limits
from ..asgi import current_visit
from .app import Doorward
from .user_forms import (
    ElevateForm,
    LoginForm,
    PasswordForm,
    SecretiveRoute,
    SessionShown,
    SignupForm,
)
from .user_table import KnownUser, UserTable

FRESH = 300
"""Seconds for which a proof is enough to delete an account."""

SHORTEST = 8
"""Characters of a password that somebody chooses."""


def user_router(
    auth: Doorward,
    users: UserTable,
    passwords: Passwords | None = None,
    *,
    signup_limit: int = 60,
    breached: StolenPasswords | None = None,
) -> APIRouter:
    """A router with `/signup`, `/login`, `/logout`, `/me`, `/sessions`, `/password`, `/elevate` and
    `/account`, which takes and gives JSON and logs in by cookie.

    An unknown address, a wrong password and a locked user get one answer after the same work; a
    sign-up tells who has an account, and each source has `signup_limit` of them in a minute.  A new
    password is refused where attackers try it first, or where `breached` holds it.  A new password,
    and the deletion of an account, end the person's other sessions.
    """
    routes = _Routes(auth, users, passwords or Passwords(), signup_limit, breached)
    router = APIRouter(route_class=SecretiveRoute)
    router.add_api_route("/signup", routes.signup, methods=["POST"], status_code=201)
    router.add_api_route("/login", routes.login, methods=["POST"], status_code=204)
    router.add_api_route("/logout", routes.logout, methods=["POST"], status_code=204)
    _add_sessions(router, routes, auth)
    _add_proofs(router, routes)
    _add_deletion(router, routes, auth)
    return router


def _add_sessions(router: APIRouter, routes: "_Routes", auth: Doorward) -> None:
    who = Depends(auth.principal)

    @router.get("/me")
    async def me(principal: Principal = who) -> Principal:
        return principal

    @router.get("/sessions")
    async def sessions(principal: Principal = who) -> Sequence[SessionShown]:
        return await routes.sessions(principal)

    @router.delete("/sessions/{sid}", status_code=204)
    async def end_session(sid: str, principal: Principal = who) -> None:
        await routes.end_session(principal, sid)


def _add_proofs(router: APIRouter, routes: "_Routes") -> None:
    cookie = Depends(routes.by_cookie)

    @router.post("/password", status_code=204)
    async def password(
        form: PasswordForm, response: Response, principal: Principal = cookie
    ) -> None:
        await routes.change_password(principal, form, response)

    @router.post("/elevate", status_code=204)
    async def elevate(form: ElevateForm, response: Response, principal: Principal = cookie) -> None:
        await routes.confirm(principal, form.password, response)


def _add_deletion(router: APIRouter, routes: "_Routes", auth: Doorward) -> None:
    fresh = Depends(auth.requires(fresh=FRESH))

    @router.delete("/account", status_code=204)
    async def delete(principal: Principal = fresh) -> None:
        await routes.delete(principal)


class _Routes:
    def __init__(
        self,
        auth: Doorward,
        users: UserTable,
        passwords: Passwords,
        signup_limit: int,
        breached: StolenPasswords | None,
    ) -> None:
        self._auth = auth
        self._users = users
        self._passwords = passwords
        self._signup_limit = signup_limit
        self._breached = breached

    async def signup(self, form: SignupForm) -> dict[str, Any]:
        visit = current_visit()
        await visit.check_origin()
        self._check_new(form.password, form.email)
        async with visit.telling():
            source = visit.device().address
            await visit.gate.limiter.count(limits.signups(source, self._signup_limit))
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
        old, typed = user.password_hash, form.password
        if old and self._passwords.needs_rehash(old, typed):
            with suppress(Busy):  # the next login can do it; this one has begun a session
                hashed = await self._passwords.hash(typed)
                await self._users.set_password(user.subject, hashed, old)

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
        user = await self._owner(principal)
        self._check_new(form.new, user.email)
        await self._judge(user, form.current)
        hashed = await self._passwords.hash(form.new)
        if not await self._users.set_password(user.subject, hashed, user.password_hash):
            raise HTTPException(409, "The password was changed meanwhile. Log in again.")
        await (await self._auth.auth()).revoke(subject=user.subject, keep=principal.sid)
        await self._auth.forget_browsers(user.email)
        # last: a refusal is another response, on which the new secret of the session would be lost
        await self._auth.elevate(response)

    async def confirm(self, principal: Principal, password: str, response: Response) -> None:
        await self._judge(await self._owner(principal), password)
        await self._auth.elevate(response)

    async def _owner(self, principal: Principal) -> KnownUser:
        user = await self._users.by_subject(principal.subject)
        if user is None or user.locked:
            raise Rejected(Reason.REVOKED)
        return user

    async def _judge(self, user: KnownUser, password: str) -> None:
        await self._auth.attempt_elevate()  # before the check, so that a wrong guess is counted
        if not await self._is_right(user, password):
            raise HTTPException(403, "This is not your password.")

    async def delete(self, principal: Principal) -> None:
        user = await self._users.by_subject(principal.subject)
        await self._users.delete(principal.subject)
        await (await self._auth.auth()).revoke(subject=principal.subject)
        if user is not None:  # somebody else may have the address next
            await self._auth.forget_browsers(user.email)

    async def _is_right(self, user: KnownUser | None, password: str) -> bool:
        return await self._passwords.verify(password, user.password_hash if user else None)

    def _check_new(self, password: str, email: str) -> None:
        try:
            check_password(password, email=email, minimum=SHORTEST, breached=self._breached)
        except UnacceptablePassword as weak:
            raise HTTPException(400, str(weak)) from None
