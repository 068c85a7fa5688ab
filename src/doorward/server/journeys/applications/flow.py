"""What a person does about applications."""

from ....types import Principal
from ....web.asgi import current_visit
from ... import client_decisions
from ...client_decisions import Registry
from ...oauth.access import Access
from ...oauth.access import applications_of as all_of
from ...refusals import Refusal, Refused
from ...service import Service


async def applications_of(service: Service, principal: Principal) -> list[Access]:
    """The applications that this person allows anything now, the latest change first."""
    return await all_of(service.provider, principal.subject)


async def end_application(service: Service, principal: Principal, client_id: str) -> None:
    """Take back all that an application was allowed, and end its grants.  Refuses what has no
    access."""
    registry = Registry(service.provider, service.recorder, current_visit().device())
    ended = await client_decisions.end_application(registry, principal.subject, client_id)
    if ended is None:
        raise Refused(Refusal.NOT_FOUND)
