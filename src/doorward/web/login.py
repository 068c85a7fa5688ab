"""Log in, step up and log out within a request: what every framework adapter shares."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from ..attempt import Attempt
from ..origins import is_loopback
from ..types import Issued
from . import transport
from .transport import Header, Transport
from .visit import Visit

log = logging.getLogger("doorward")


@dataclass(frozen=True, slots=True)
class VisitAttempt:
    """A login under way in one request."""

    visit: Visit
    attempt: Attempt

    async def login(
        self,
        subject: str,
        *,
        roles: Collection[str] = (),
        scopes: Collection[str] = (),
        amr: Collection[str] = ("pwd",),
        attributes: Mapping[str, str | int | bool] | None = None,
        via: Transport = "cookie",
    ) -> tuple[Issued, list[Header]]:
        """Begin a session and end the one the client came with.  Returns what was issued and, for
        the cookie transport, the headers that carry it.  Raises `Rejected(superseded)`: read the
        user again; `Rejected(cross_origin)` for a cookie that the browser would not keep;
        `ValueError` for what is no transport, before anything is done."""
        transport.check_transport(via)
        visit = self.visit
        if via == "cookie":
            await visit.check_keeps_cookies()
        issued = await self.attempt.login(
            subject,
            roles=roles,
            scopes=scopes,
            amr=amr,
            attributes=attributes,
            device=visit.device(),
            replaces=visit.held(),
        )
        return issued, deliver(visit, issued, via)


async def begin_login(visit: Visit) -> VisitAttempt:
    """Begin a login: refuses one that another origin sent (login CSRF), then takes the mark."""
    await visit.check_origin()
    return VisitAttempt(visit, await visit.auth.attempt())


async def elevate(visit: Visit, *, amr: Collection[str] = ("pwd",)) -> tuple[Issued, list[Header]]:
    """Note that the person who makes this request just proved a factor again; the same session goes
    on under a new secret.  Returns what was issued and the headers that answer it the way the old
    credential came (`visit.via`).  Raises `Rejected` like `visit.principal`, and when the session
    ended meanwhile."""
    principal = await visit.principal()
    issued = await visit.auth.elevate(principal, amr=amr, device=visit.device())
    return issued, deliver(visit, issued, visit.via)


def deliver(visit: Visit, issued: Issued, via: Transport | None) -> list[Header]:
    """The headers of the answer that gives out `issued`: only by cookie do they carry it."""
    if via != "cookie":
        return [transport.NO_STORE]
    _warn_if_lost(visit)
    return transport.write(issued, visit.auth.clock(), visit.gate.cookie_suffix)


async def log_out(visit: Visit) -> list[Header]:
    """End the session of a request, dead or alive.  Returns the headers that delete its cookies
    and what scripts kept."""
    await visit.check_origin()
    await visit.auth.logout(*visit.held(), device=visit.device())
    return transport.clear(visit.gate.cookie_suffix)


def _warn_if_lost(visit: Visit) -> None:
    """The first trap everybody meets: a login that works, and a cookie that is dropped."""
    host = visit.plain_host()
    if host and not is_loopback(host) and not (visit.gate.public_origin or "").startswith("https:"):
        _warn(host == "testserver")


@cache  # once in a process is enough
def _warn(testing: bool) -> None:
    cure = (
        "use doorward.testing.client.Client, which speaks https"
        if testing
        else "serve over https; behind a proxy that does, name it in trusted_proxies"
    )
    log.warning(
        "A login was answered over plain http. Its cookies are Secure, so the client will drop them"
        " and every later request will be refused as missing: %s.",
        cure,
    )
