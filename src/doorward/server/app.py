"""The application: every room of the server put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ..auth import Record
from ..errors import Rejected, StoreUnavailable
from ..passwords import Busy, Cost
from ..types import Clock, system_clock
from ..web.client import Trusted
from ..web.fastapi import Doorward
from . import admin_api, answers, api, history_api, openapi
from .bounds import Bounds
from .headers import Headers
from .metrics import Metrics
from .options import Options
from .pages import account, acts, console, entry, front, recovery, setup
from .recorder import Recorder
from .refusals import Refused
from .service import opened

ROUTERS = (
    *(api.router, history_api.router, admin_api.router),
    *(front.router, entry.router, account.router, recovery.router),
    *(setup.router, console.router, acts.router),
)
"""Every route there is, but for `/openapi.json`."""

_HANDLERS: dict[type[Exception], Any] = {
    Refused: answers.on_refused,
    Rejected: answers.on_rejected,
    StoreUnavailable: answers.on_unavailable,
    Busy: answers.on_busy,
    RequestValidationError: answers.on_invalid,
    HTTPException: answers.on_http,
}


def create_app(
    options: Options, *, clock: Clock = system_clock, cost: Cost | None = None
) -> FastAPI:
    """The server as an ASGI application; its lifespan opens the database and the root key.

    Raises `ConfigurationError` for options that are unsafe, and when it starts, for a database or
    key that cannot be opened.
    """
    metrics = Metrics()
    recorder = Recorder(metrics, clock)
    doorward = _doorward(options, clock, recorder.record)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(options, doorward, recorder, metrics, clock, cost) as service:
            app.state.service = service
            yield

    app = FastAPI(
        title=openapi.TITLE,
        description=openapi.DESCRIPTION,
        version=version("doorward"),
        openapi_tags=openapi.TAGS,
        lifespan=lifespan,
        docs_url=None,  # they load scripts from elsewhere, which the policy forbids; see pages
        redoc_url=None,
        redirect_slashes=False,  # one address, one route; and its redirect believes Host
    )
    for router in ROUTERS:
        app.include_router(router)
    doorward.install(app)
    openapi.describe_problems(app)
    for error, handler in _HANDLERS.items():
        app.add_exception_handler(error, handler)
    app.add_middleware(Bounds)
    app.add_middleware(
        Headers, public_origin=options.origin, trusted=Trusted.parse(options.trusted_proxies)
    )
    return app


def _doorward(options: Options, clock: Clock, record: Record) -> Doorward:
    return Doorward(
        options.database,
        mode=options.mode,
        root_key_file=options.root_key_file,
        trusted_proxies=options.trusted_proxies,
        clock=clock,
        record=record,
        public_origin=options.origin,
        access_ttl=options.access_ttl,
        idle_ttl=options.idle_ttl,
        absolute_ttl=options.absolute_ttl,
        refresh_grace=options.refresh_grace,
        touch_every=options.touch_every,
        max_sessions=options.max_sessions,
        end_oldest=options.when_full == "end-oldest",
    )
