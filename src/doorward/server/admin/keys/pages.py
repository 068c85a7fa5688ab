"""`/admin/keys`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from starlette.responses import Response

from ....types import Mode
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.menu import menu_of
from ...routes.notices import notice, told
from ...routes.responses import show
from ...signing_keys import State, state
from ...ui.notice import NO_NEWS, Notice
from ...ui.page import ConsolePage

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One signing key."""

    kid: str
    algorithm: str
    state: State
    created_at: int
    signs_from: int | None
    withdrawn_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage(ConsolePage):
    """Every signing key; none in session mode."""

    template: ClassVar[str] = "admin/keys/keys.html"
    now: int
    mode: Mode
    rows: tuple[KeyRow, ...]
    notice: Notice = NO_NEWS


@router.get("/keys")
async def get_keys(request: Request, service: Serving) -> Response:
    keys, now = await service.auth.signing.keys(), service.clock()
    rows = tuple(
        KeyRow(
            kid=key.kid,
            algorithm=key.algorithm,
            state=state(key, keys, now),
            created_at=key.created_at,
            signs_from=key.signs_from,
            withdrawn_at=key.withdrawn_at,
        )
        for key in reversed(keys)
    )
    mode = service.options.mode
    page = KeysPage(now=now, menu=menu_of(service), mode=mode, rows=rows, notice=notice(request))
    return told(request, show(page))
