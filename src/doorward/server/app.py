"""The application: every room of the server put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Lifespan

from ..errors import ConfigurationError, Rejected, StoreUnavailable
from ..passwords import Busy, Cost
from ..types import Clock, system_clock
from ..web.client import Trusted
from ..web.cors import Readable
from ..web.fastapi import Doorward
from ..web.fastapi.stack import put_outermost
from .admin import applications as everybodys_applications
from .admin import history as everybodys_history
from .admin import keys, online, outbox, scopes, users
from .audit.kinds import SHARED, Kinds
from .http import errors
from .http.below_path import BelowPath
from .http.headers import Headers
from .http.https import HttpsOnly
from .http.limits import RequestLimits
from .http.other_host import OtherHost
from .http.refusal_log import LogRefusal, logged, refusal_log
from .journey import Journey, together
from .journeys import (
    account,
    api_docs,
    applications,
    authorize,
    change_email,
    changes,
    discovery,
    elevate,
    end_session,
    first_admin,
    forgot,
    forward_auth,
    health,
    history,
    index,
    introspect,
    invitation,
    jwks,
    login,
    logout,
    mail_login,
    metrics,
    own_data,
    passkeys,
    password,
    recovery_codes,
    reset,
    revoke_grant,
    second_step,
    security,
    sessions,
    signup,
    token,
    totp,
    userinfo,
    verify,
)
from .library_settings import library_settings
from .mail.own_letters import own_letters
from .mail.terminal import Say, Shows, always, in_a_terminal, to_stderr
from .metrics.metrics import VERSION, Metrics
from .metrics.timed import timed
from .open import Base, opened
from .options import Options
from .recorder import Recorder
from .refusals import Refused
from .routes import notices, openapi
from .ui.own_templates import check_own_templates
from .ui.site import Site

PROVIDER = tuple(
    module.journey
    for module in (
        *(discovery, authorize, token, revoke_grant, introspect, changes, userinfo),
        *(applications, everybodys_applications, scopes, end_session),
    )
)
"""The journeys whose routes exist with `--provider on` alone."""

JOURNEYS = (
    tuple(
        module.journey
        for module in (
            *(index, api_docs, health, metrics, jwks, forward_auth),
            *(signup, verify, login, mail_login, second_step, logout, account, sessions),
            *(password, elevate, forgot, reset, change_email, history, first_admin),
            *(invitation, own_data),
            *(security, totp, passkeys, recovery_codes),
            *(online, users, everybodys_history, keys, outbox),
        )
    )
    + PROVIDER
)

_OF_PROVIDER = together(*PROVIDER).routers

DECLARED = together(Journey(events=SHARED, notices=notices.SHARED), *JOURNEYS)
KINDS = Kinds(DECLARED.events)

_HANDLERS: dict[type[Exception], Any] = {
    Refused: errors.on_refused,
    Rejected: errors.on_rejected,
    StoreUnavailable: errors.on_unavailable,
    Busy: errors.on_refused,
    RequestValidationError: errors.on_refused,
    HTTPException: errors.on_refused,
}


def base(options: Options, *, clock: Clock = system_clock, cost: Cost | None = None) -> Base:
    """The gate and the recorder of an application with these options.  Raises
    `ConfigurationError` for options that are unsafe."""
    measured = Metrics(KINDS)
    recorder = Recorder(measured, clock, KINDS)
    doorward = Doorward(
        options.sessions_url,
        root_key_file=options.root_key_file,
        trusted_proxies=options.trusted_proxies,
        forwarded=options.forwarded,
        clock=clock,
        record=recorder.record,
        around=partial(timed, told=measured.store_answered),
        **library_settings(options),
    )
    return Base(
        options=options,
        doorward=doorward,
        recorder=recorder,
        metrics=measured,
        clock=clock,
        cost=cost,
    )


def create_app(
    options: Options,
    *,
    clock: Clock = system_clock,
    cost: Cost | None = None,
    say: Say = to_stderr,
) -> FastAPI:
    """The server as an ASGI application; its lifespan opens the database and the root key.  Where
    no mail is sent, `say` gets the lines with the links of letters.

    Raises `ConfigurationError` for options that are unsafe, and when it starts, for a database or
    key that cannot be opened.
    """
    found = base(options, clock=clock, cost=cost)
    app, log = _furnished(found, say=say)
    found.doorward.install(app)  # the gate; the next layers wrap its answers to preflights too
    _put_layers(app, found, log)
    return app


def create_mounted(found: Base) -> FastAPI:
    """The same for a mount at `options.at` in an application whose gate is that of `found`.  A
    mount passes no lifespan on: the outer application runs this one's."""
    app, log = _furnished(found, in_a_terminal if found.options.public_origin is None else always)
    _put_layers(app, found, log)
    return app


def _furnished(
    found: Base, shows: Shows = always, say: Say = to_stderr
) -> tuple[FastAPI, LogRefusal]:
    """The routes, and the handlers of errors."""
    options = found.options
    site, declared = _look_and_words(options)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(found, declared, site, shows, say) as app.state.service:
            yield

    app = _described(lifespan)
    app.state.recorder = found.recorder
    app.state.site = site
    log = refusal_log(found.recorder, _trusted(options))
    _furnish(app, log, provider=options.provider)
    return app, log


def _look_and_words(options: Options) -> tuple[Site, Journey]:
    """How pages look, and what the journeys declare, with the operator's own letters."""
    site = options.site()
    if site.templates is None:
        return site, DECLARED
    try:
        check_own_templates(site.templates)
        return site, replace(DECLARED, letters=own_letters(site.templates, DECLARED.letters))
    except ValueError as error:
        raise ConfigurationError(f"--templates: {error}") from None


def _trusted(options: Options) -> Trusted:
    return Trusted.parse(options.trusted_proxies, standard=options.forwarded)


def _described(lifespan: Lifespan[FastAPI]) -> FastAPI:
    return FastAPI(
        title=openapi.TITLE,
        description=openapi.DESCRIPTION,
        version=VERSION,
        openapi_tags=openapi.TAGS,
        lifespan=lifespan,
        docs_url=None,  # they load scripts from elsewhere, which the policy forbids; see api_docs
        redoc_url=None,
        redirect_slashes=False,  # one address, one route; and its redirect believes Host
    )


def _put_layers(app: FastAPI, found: Base, log: LogRefusal) -> None:
    """Put each layer around those before it: a request passes the last one first, and an answer
    passes it last.  Innermost are the routes, and around them the handler of crashes."""
    options, trusted = found.options, _trusted(found.options)
    settings = found.doorward.lifecycle.settings
    put_outermost(app, partial(HttpsOnly, public_origin=options.origin, trusted=trusted, log=log))
    put_outermost(app, partial(RequestLimits, log=log))
    put_outermost(app, partial(Readable, settings=settings))
    put_outermost(app, partial(OtherHost, public_origin=options.origin, trusted=trusted))
    put_outermost(app, partial(BelowPath, at=options.at))
    put_outermost(
        app,
        partial(
            Headers,
            public_origin=options.origin,
            trusted=trusted,
            subdomains=options.hsts_subdomains,
        ),
    )


def _furnish(app: FastAPI, log: LogRefusal, *, provider: bool) -> None:
    for router in DECLARED.routers:
        if router in _OF_PROVIDER and not provider:
            continue
        # All applications share these objects, since `include_router` would build each again.
        # Nothing may change a route after its import.
        app.router.routes.extend(router.routes)
    openapi.describe_problems(app)
    for error, handler in _HANDLERS.items():
        app.add_exception_handler(error, logged(handler, log))
    app.add_exception_handler(Exception, errors.on_failure)
