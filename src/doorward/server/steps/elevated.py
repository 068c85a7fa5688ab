"""The session of somebody who proved a factor again."""

from ...factors import together
from ...types import Issued, Principal
from ...web.asgi import current_visit
from ..service import Service


async def elevated(service: Service, principal: Principal, *proved: str) -> Issued:
    """A new secret for the same session, authenticated now (RFC 9470), with `proved` in its `amr`
    beside what was proved before.  Raises `Rejected` when the session ended meanwhile."""
    amr, device = together(*principal.amr, *proved), current_visit().device()
    return await service.auth.elevate(principal, amr=amr, device=device)
