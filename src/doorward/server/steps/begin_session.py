"""Begins the session of somebody who proved who they are."""

from starlette.responses import Response

from ...types import Issued
from ...web.asgi import current_visit
from ...web.fastapi import LoginAttempt
from ...web.transport import Transport
from ..accounts.devices import whose
from ..accounts.user import User
from ..service import Service
from .keep_account import keep_account
from .new_device import is_new_device

PASSWORD = ("pwd",)
"""The factor of a login with a password (RFC 8176)."""


async def begin_session(
    service: Service,
    attempt: LoginAttempt,
    response: Response,
    user: User,
    via: Transport,
    amr: tuple[str, ...],
) -> Issued:
    """Begin a session; by cookie, `response` carries it.  `amr` are the factors that were proved
    (RFC 8176).  On a device not seen before, the person is notified before the answer is sent, so
    that nobody gets in without.  The login undoes that the person deleted the account.
    """
    await keep_account(service, user)
    news = await is_new_device(service, user, via)
    issued = await attempt.login(
        response, subject=user.subject, roles=user.session_roles, amr=amr, transport=via
    )
    if via == "cookie":
        name, value = service.devices.remember(current_visit().headers, whose(user))
        response.headers.append(name.decode(), value.decode())
    if news:
        sid = issued.session.sid
        await service.recorder.note("new_device", subject=user.subject, actor=user.subject, sid=sid)
    return issued
