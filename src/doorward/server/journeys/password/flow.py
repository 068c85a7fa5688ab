"""What a change of the password does."""

from ....types import Principal
from ....web.asgi import current_visit
from ...accounts.apply_decisions import apply_decisions
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.confirm_password import confirm
from ...steps.new_password import check_new_password


async def change_password(service: Service, principal: Principal, current: str, new: str) -> None:
    """Replace the password and end every other session of the person.

    The user is written first and the sessions are ended second: a login under way with the old
    password is superseded, and finds the new one.  Of two changes at once, resets included, one
    wins; for the other, `current` is wrong by then.
    """
    user = await confirm(service, principal, current, field="current")
    check_new_password(service, new, email=user.email, field="new")
    hashed = await service.passwords.hash(new)
    changed = await service.users.set_password(
        user.subject, hashed, old=user.password_hash, at=service.clock(), keep=principal.sid
    )
    if changed is None:
        raise Refused(Refusal.WRONG_PASSWORD, field="current")
    await apply_decisions(service.users, service.auth, changed, device=current_visit().device())
    await service.recorder.note("password_changed", subject=user.subject, sid=principal.sid)
