"""Doorward's accounts within an application: pages, API and guards on one database."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response
from starlette.types import ASGIApp

from .auth import Auth
from .errors import ConfigurationError, Rejected
from .passwords import Cost
from .server.accounts.listeners import AccountEvent as AccountEvent
from .server.accounts.listeners import Listener
from .server.app import base, create_mounted
from .server.http import errors
from .server.http.headers import always, complete
from .server.journeys.first_admin.flow import invitation, invitation_without_terminal
from .server.options import OPTIONS, Options
from .server.ui.site import Site
from .server.values import mount_path
from .types import Clock, system_clock
from .types import Principal as Principal
from .web.fastapi import Doorward, Guard
from .web.fastapi.refusals import Denied

__all__ = ["AccountEvent", "Accounts", "Principal"]

_OF_THE_SERVER = frozenset({"host", "port", "workers", "tls_cert", "tls_key", "at"})
"""Options of what listens, which in an application is another program's business."""


class Accounts:
    """Sign-up, login, logout and all that `doorward serve` has, below a path of an application.

    `database` is a URL as for `doorward serve`, and the keyword arguments are its options in
    snake_case, with the same defaults and in the same forms: `idle_ttl="14d"`, `signup="closed"`.
    The root key is `DOORWARD_ROOT_KEY`, else a file in the user's data folder.  Raises
    `ConfigurationError` for an option that is unknown, unsafe, or that of a program which listens.
    """

    def __init__(
        self,
        database: str = "sqlite:///doorward.db",
        *,
        clock: Clock = system_clock,
        cost: Cost | None = None,
        **options: Any,
    ) -> None:
        self._base = base(_options(database, options), clock=clock, cost=cost)
        self._inner: FastAPI | None = None
        self.principal: Guard = self._doorward.principal
        """Dependency: who makes this request; nobody gets 401, and a browser the login page."""
        self.optional_principal = self._doorward.optional_principal
        """Dependency: who makes this request, or None."""
        self.requires = self._doorward.requires
        """Dependency: who makes this request and may do what it asks for: `role`, `any_role`,
        `scope`, `fresh`, `factor`, `verified` and `max_staleness`, all by keyword."""

    @property
    def _doorward(self) -> Doorward:
        return self._base.doorward

    def install(self, app: FastAPI, *, at: str = "/auth") -> None:
        """Put the gate before an application, and the pages and the API below `at`.

        A browser that opens a guarded page and is not logged in is sent to the login page, and back
        again; one who lacks a role or a verified address gets a page that says so.  Raises
        `ConfigurationError` for what is no path, or where another `Doorward` is installed.
        """
        place = _place(at)
        self._doorward.install(
            app,
            login_page=f"{place}/login",
            elevate_page=f"{place}/elevate",
            denied=self._page_for_denied(replace(self._base.options.site(), at=place)),
        )
        inner = self._mounted(place)

        async def front(request: Request) -> RedirectResponse:
            return RedirectResponse(f"{place}/", 307)

        # The router of the application would redirect to whatever host the request names.
        app.add_route(place, front, include_in_schema=False)
        app.mount(place, inner)

        @app.get("/.well-known/change-password", include_in_schema=False)
        async def change_password() -> RedirectResponse:
            return RedirectResponse(f"{place}/account/password", 303)

    def wrap(self, app: ASGIApp, *, at: str = "/auth") -> ASGIApp:
        """The same around any ASGI application: it asks `doorward.web.asgi.principal()` who makes a
        request.  Its lifespan must run `lifespan`, or that of the result."""
        outer = FastAPI(
            lifespan=self.lifespan,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,  # its redirect believes Host
        )
        self.install(outer, at=at)
        outer.mount("/", app)
        return outer

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Open the database with the application, do what is to be done beside its requests, and
        close it.  Raises `ConfigurationError`, also where nothing was installed."""
        inner = self._inner
        if inner is None:
            raise ConfigurationError("these accounts are in no application: accounts.install(app)")
        async with inner.router.lifespan_context(inner):
            # a log that goes elsewhere must not make administrators
            invited = invitation if sys.stderr.isatty() else invitation_without_terminal
            for line in await invited(inner.state.service):
                print(line, file=sys.stderr)
            yield

    async def auth(self) -> Auth:
        """The verbs for all else: revoke, change, sessions."""
        return await self._doorward.auth()

    def on_event(self, listener: Listener) -> Listener:
        """Call `listener` with an `AccountEvent` for each account that was created, changed or
        deleted, after that was written.  It is called at least once for each, and again a minute
        after it raised; of several processes, one calls it.  It may decorate a function."""
        self._base.listeners.append(listener)
        return listener

    def _page_for_denied(self, site: Site) -> Denied:
        options = self._base.options
        common = always(options.origin, options.hsts_subdomains)

        def denied(_: object, refused: Rejected) -> Response | None:
            page = errors.denied(refused, site, letters=options.verification != "off")
            if page is not None:  # the application answers, which has not the headers of our pages
                page.raw_headers = complete(page.raw_headers, common)
            return page

        return denied

    def _mounted(self, at: str) -> FastAPI:
        if self._inner is not None:
            raise ConfigurationError("these accounts are installed in an application already")
        self._inner = create_mounted(
            replace(self._base, options=replace(self._base.options, at=at))
        )
        return self._inner


def _place(at: str) -> str:
    try:
        place = mount_path(at)
    except ValueError as error:
        raise ConfigurationError(f"at is {error}, not {at!r}") from None
    if not place:
        raise ConfigurationError("at is a path like /auth; / would hide the application")
    return place


def _options(database: str, given: dict[str, Any]) -> Options:
    own = [name for name in given if name in _OF_THE_SERVER]
    if own:
        raise ConfigurationError(
            f"{own[0]} is an option of the program that serves this application, or of install"
        )
    unknown = given.keys() - OPTIONS.keys()
    if unknown:
        raise ConfigurationError(f"Accounts has no option {min(unknown)}")
    parsed = {name: _parsed(name, value) for name, value in given.items()}
    return Options(database=database, **parsed)


def _parsed(name: str, value: Any) -> Any:
    """An option's value: text as on the command line, anything else as it is."""
    if isinstance(value, Path):
        value = str(value)
    if not isinstance(value, str):
        return tuple(value) if isinstance(value, list | set | frozenset) else value
    try:
        return OPTIONS[name].parse(value)
    except ValueError as error:
        raise ConfigurationError(f"{name}={value!r}: {error}") from None
