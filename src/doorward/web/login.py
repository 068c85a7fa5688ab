"""Log in and out within a request: what every framework adapter shares."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..auth import Attempt
from ..types import Issued
from . import transport
from .gate import Visit
from .transport import Header, Transport


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
        user again."""
        visit = self.visit
        issued = await self.attempt.login(
            subject,
            roles=roles,
            scopes=scopes,
            amr=amr,
            attributes=attributes,
            device=visit.device(),
            replaces=visit.held(),
        )
        now = visit.auth.clock()
        return issued, transport.write(issued, now) if via == "cookie" else [transport.NO_STORE]


async def begin_login(visit: Visit) -> VisitAttempt:
    """Begin a login: refuses one that another origin sent (login CSRF), then takes the mark."""
    await visit.check_origin()
    return VisitAttempt(visit, await visit.auth.attempt())


async def log_out(visit: Visit) -> list[Header]:
    """End the session of a request, dead or alive.  Returns the headers that delete its cookies."""
    await visit.check_origin()
    await visit.auth.logout(*visit.held(), device=visit.device())
    return transport.clear()
