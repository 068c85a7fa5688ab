"""Doorward in a FastAPI application: install, log in, step up, log out."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import EllipsisType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.security import SecurityScopes
from starlette.middleware import Middleware as AnyMiddleware
from starlette.responses import Response

from ...auth import Auth
from ...errors import ConfigurationError
from ...events import Record, ignore
from ...open import Around, itself
from ...settings import Settings
from ...types import Clock, Issued, Mode, Principal, system_clock
from ..asgi import Middleware, current_visit, expect
from ..caches import merge
from ..framing import mend_framing
from ..lifecycle import Lifecycle
from ..login import (
    VisitAttempt,
    begin_elevate,
    begin_login,
    elevate,
    forget_browsers,
    log_out,
)
from ..origin import csrf_token
from ..return_to import check_login_page, local_path, root_of
from ..transport import Header, Transport
from ..visit import Visit
from .guard import NO_SCOPES, Guard, visit_of
from .openapi import describe_security
from .refusals import Denied, answering, check_no_handler, put_handlers, put_into_mounted
from .stack import put_outermost


class Doorward:
    """Keeps the users of a FastAPI application logged in.

    `settings` are the fields of `doorward.Settings`.  Raises `ConfigurationError` for settings that
    cannot work and for a URL that names no database; the database itself opens with the application
    (`lifespan`), or at the first request, and then raises it.
    """

    def __init__(
        self,
        database: str,
        *,
        mode: Mode = "session",
        root_key_file: str | Path | None = None,
        trusted_proxies: Sequence[str] = (),
        forwarded: bool = False,
        clock: Clock = system_clock,
        record: Record = ignore,
        around: Around = itself,
        **settings: Any,
    ) -> None:
        self.lifecycle = Lifecycle(
            database,
            Settings(mode=mode, **settings),
            root_key_file=root_key_file,
            trusted_proxies=trusted_proxies,
            forwarded=forwarded,
            clock=clock,
            record=record,
            around=around,
        )
        self.principal = Guard(settings=self.lifecycle.settings)

    def install(
        self,
        app: FastAPI,
        *,
        login_page: str | None = None,
        elevate_page: str | None = None,
        denied: Denied | None = None,
    ) -> None:
        """Put the gate before an application and before those mounted in it when it starts, and the
        security schemes on its OpenAPI page.  Exception handlers that the application has for
        `Rejected`, `StoreUnavailable` or `DoorwardError` are kept.

        With `login_page`, a path of this application, a browser that opens a page and is not logged
        in is sent there with `return_to`, the way back: give it to `way_back`.  With
        `elevate_page` beside it, who must prove a factor again is sent there.  `denied` makes the
        page for a person who lacks a role, a scope or a verified address, from the request's scope
        and the refusal.  Programs still get problem details.  Raises `ConfigurationError` for what
        is no path, where a handler of the application's own would keep it from being used, and
        where another `Doorward` is installed: its logins would be taken for those of this one.
        """
        if getattr(app.state, "doorward", self) is not self:
            raise ConfigurationError(
                "another Doorward is installed in this application: use that one, or mount an"
                " application of its own for this one"
            )
        if login_page is not None:
            check_login_page(login_page)
            check_login_page(elevate_page or login_page)
            check_no_handler(app)
        mend_framing()
        _put_gate(app, self.lifecycle)
        answer = answering(login_page, elevate_page, denied)
        put_handlers(app, lambda kind: answer)
        app.state.doorward = self
        describe_security(
            app, self.lifecycle.settings.mode, self.lifecycle.settings.cookie_suffix or ""
        )

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Open the database with the application and close it with it."""
        async with self.lifecycle.running():
            yield

    async def auth(self) -> Auth:
        """The verbs for all else: revoke, change, sessions, purge."""
        return (await self.lifecycle.open()).auth

    async def optional_principal(
        self, security_scopes: SecurityScopes = NO_SCOPES
    ) -> Principal | None:
        """Dependency: who makes this request, or None without a credential or with one of a session
        that ended; a malformed or forged one gets 401.  A request without a principal has no
        scopes, so `Security(auth.optional_principal, scopes=[...])` acts like `principal`."""
        if security_scopes.scopes:
            return await self.principal(security_scopes)
        return await self._visit().optional_principal()

    def requires(
        self,
        *,
        role: str | None = None,
        any_role: Collection[str] | None = None,
        scope: str | None = None,
        fresh: int | None = None,
        factor: str | None = None,
        verified: bool = False,
        max_staleness: int | None = None,
    ) -> Guard:
        """Dependency: the principal, who has this role, at least one of `any_role`, this scope and,
        with `verified`, a verified address (else 403), and proved `factor` in this session and any
        factor within `fresh` seconds (else 401 `step_up_required`).  A factor is a name of
        `doorward.factors`, such as `passkey`, or `mfa` for two of them.
        `max_staleness=0` asks the store at this moment, as for a money transfer.

        Raises `ValueError` when asked for nothing (that is `principal`), for a name that no role or
        scope can have, and for seconds that are no whole number from 0.
        """
        guard = Guard(
            role=role,
            any_role=any_role,
            scope=scope,
            fresh=fresh,
            factor=factor,
            verified=verified,
            max_staleness=max_staleness,
            settings=self.lifecycle.settings,
        )
        if guard == self.principal:
            raise ValueError(
                "requires needs a role, any_role, a scope, fresh, a factor, verified or"
                " max_staleness; auth.principal asks for nothing"
            )
        return guard

    def way_back(self, return_to: str, default: str = "/") -> str:
        """Where to send a browser after its login: `return_to`, if that is a path of this
        application; else `default`, for anybody can write a link to a login page.  To be asked for
        within a request."""
        return local_path(return_to, root_of(current_visit().scope)) or default

    async def present(self, credential: object) -> Principal:
        """The principal of this credential on the current WebSocket: a Bearer token that came as a
        subprotocol or in a message, where a client can set no header.  The socket then ends with
        that session, as any other, and `await auth.requires(role=...)()` asks for more.  Raises
        `Rejected`, also for what is no string."""
        return await self._visit().present(credential)

    async def touch(self) -> Principal:
        """Note that the person at the other end of an open WebSocket or stream is active, in both
        modes: a message does not count as a request, so their session could end as idle while they
        talk.  Gives the principal as of now; at most every `touch_every` seconds it writes.  Raises
        `Rejected`."""
        return await self._visit().touch()

    def csrf_token(self, principal: Principal) -> str:
        """What a client that sends neither `Sec-Fetch-Site` nor `Origin` must send as
        `X-CSRF-Token` with an unsafe request on a cookie.  It belongs to the session; to be asked
        for within a request."""
        return csrf_token(self._visit().auth.csrf_keys, principal.sid)

    async def attempt(self, name: str | EllipsisType = ...) -> "LoginAttempt":
        """Begin a login.  Await it *before* you read the user: a lock or role change that comes
        in between then makes the login fail as `superseded`, and does not slip through.

        `name` is what the person typed for their account, such as an e-mail address: then too many
        wrong passwords for it raise `Rejected(too_many_attempts)`.  Whatever does not lead to
        `login` counts as wrong.  Leave it out only where no password or code is guessed.
        """
        return LoginAttempt(await begin_login(self._visit(), name))

    async def attempt_elevate(self) -> None:
        """Begin a step-up.  Await it *before* you check the password: too many wrong ones in this
        session then raise `Rejected(too_many_attempts)`.  Whatever does not lead to `elevate`
        counts as wrong."""
        await begin_elevate(self._visit())

    async def forget_browsers(self, name: str) -> None:
        """After a new password: forget all browsers that are known for this name, each until its
        next login.  Somebody who knew the old password may have made many browsers known."""
        await forget_browsers(await self.auth(), name)

    async def elevate(
        self, response: Response, *, amr: Collection[str] = ("pwd",)
    ) -> Issued | None:
        """Note that the person who makes this request has just proved a factor again.  Check it
        before: the password of `principal.subject`, never of somebody whom the request names.  The
        same session goes on under a new secret, which travels the way the old one came.

        By cookie, `response`, the one you return, carries it, and this is None: it belongs in no
        body.  By Bearer it is what to return: `credential` and, in token mode, `refresh_token`.
        Raises `Rejected` when nobody is logged in, or the session ended meanwhile; `RuntimeError`
        by cookie once an answer has begun.
        """
        visit = self._visit()
        issued, headers = await elevate(visit, amr=amr)
        _answer_with(response, headers, visit.via)
        return None if visit.via == "cookie" else issued

    async def logout(self, request: Request, response: Response) -> None:
        """End the session of this request, dead or alive, and delete its cookies and what scripts
        kept on `response`, the one you return."""
        _add_headers(response, await log_out(self._visit()))

    def _visit(self) -> Visit:
        return visit_of(self.lifecycle.settings)


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A login under way in one request."""

    attempt: VisitAttempt

    async def forgive(self) -> None:
        """The password was right, though no session begins yet: a second factor is to follow.
        Count that one too, with another `attempt`."""
        await self.attempt.forgive()

    async def login(
        self,
        response: Response,
        *,
        subject: str,
        roles: Collection[str] = (),
        scopes: Collection[str] = (),
        amr: Collection[str] = ("pwd",),
        attributes: Mapping[str, str | int | bool] | None = None,
        transport: Transport = "cookie",
    ) -> Issued:
        """Begin a session and end the one the client came with; by cookie, `response`, the one you
        return, carries it: on any other the login is lost, and the log warns of it once.  Raises
        `Rejected(superseded)`: read the user again; `ValueError` for another transport than
        `cookie` and `bearer`, and `RuntimeError` by cookie once an answer has begun, before
        anything is done."""
        issued, headers = await self.attempt.login(
            subject, roles=roles, scopes=scopes, amr=amr, attributes=attributes, via=transport
        )
        _answer_with(response, headers, transport)
        return issued


def _put_gate(app: FastAPI, lifecycle: Lifecycle) -> None:
    """Outermost: the answer to a crash too must carry the cookies of an inline refresh, or the
    refresh token is lost."""

    def prepare() -> None:
        # inside of it once more, so that the refusal of a middleware is no crash
        app.user_middleware.insert(0, AnyMiddleware(Middleware, lifecycle=lifecycle))
        put_into_mounted(app, lifecycle)

    put_outermost(app, partial(Middleware, lifecycle=lifecycle), prepare)


def _answer_with(response: Response, headers: list[Header], via: Transport | None) -> None:
    _add_headers(response, headers)
    if via == "cookie":
        expect(headers[0])


def _add_headers(response: Response, pairs: list[Header]) -> None:
    # in place: `response.headers` may have been asked for, and looks at this very list
    response.raw_headers[:] = merge(response.raw_headers, pairs)
