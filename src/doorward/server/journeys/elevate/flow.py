"""What a step-up does."""

from ....types import Issued, Principal
from ....web.asgi import current_visit
from ...service import Service
from ...steps.confirm_password import confirm


async def elevate(service: Service, principal: Principal, password: str) -> Issued:
    """A new secret for the same session, authenticated now (RFC 9470)."""
    await confirm(service, principal, password, field="password")
    return await service.auth.elevate(principal, device=current_visit().device())
