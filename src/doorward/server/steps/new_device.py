"""Whether a login is on a device not seen before, of which its owner should be told."""

from ...settings import HOUR
from ...web.asgi import current_visit
from ...web.transport import Transport
from ..accounts.devices import whose
from ..accounts.user import User
from ..audit.history import Query
from ..service import Service

LATEST = 200
"""Logins of a person among which a program is looked for."""

JUST_NOW = HOUR
"""Seconds from sign-up in which the first login ever is no news."""


async def is_new_device(service: Service, user: User, via: Transport) -> bool:
    """Whether this request, which is about to log `user` in, comes from a device not seen before.

    A browser is known by the mark it carries, and by nothing that others could say.  A program that
    logs in for tokens keeps no mark: it is known by its address and name, as in an earlier login.
    """
    visit = current_visit()
    if service.devices.recognise(visit.headers, whose(user)):
        return False
    query = Query(person=user.subject, kind="login")
    logins = [each.entry for each in await service.history.page(query, limit=LATEST)]
    if not logins and service.clock() - user.created_at < JUST_NOW:
        return False
    device = visit.device()
    here = (device.address, device.user_agent)
    return via == "cookie" or here not in [(each.address, each.user_agent) for each in logins]
