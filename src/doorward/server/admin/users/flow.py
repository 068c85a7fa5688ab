"""What an administrator does about users.  Who may is decided before; each act is recorded, with
who did it.  No act shows or takes a password."""

from typing import NamedTuple, TypeVar

from ....settings import HOUR
from ....types import Roles
from ....web.asgi import current_visit
from ...accounts import lock, roles
from ...accounts import reset_factors as accounts_factors
from ...accounts.reset_link import LIFETIME, reset_link
from ...accounts.role_names import InvalidRole
from ...accounts.user import LastAdmin, User
from ...refusals import Refusal, Refused
from ...service import Service

T = TypeVar("T")


class ResetLink(NamedTuple):
    """A link for a user, and when it dies; an empty one was sent to their address."""

    user: User
    link: str = ""
    expires_at: int = 0


async def find(service: Service, subject: str) -> User:
    """A user.  Refuses a subject that nobody has, as do all of these."""
    return _there(await service.users.by_subject(subject))


async def lock_user(service: Service, subject: str) -> tuple[User, int]:
    """Lock a user.  The user, and how many sessions ended."""
    try:
        done = await lock.lock(service.users, service.auth, subject, spare_last_admin=True)
    except LastAdmin as last:
        raise Refused(Refusal.LAST_ADMIN, str(last)) from None
    user, ended = _there(done)
    await service.recorder.note("locked", subject=subject, sessions=ended)
    return user, ended


async def unlock_user(service: Service, subject: str) -> User:
    """Let a locked user log in again."""
    user = _there(await lock.unlock(service.users, service.auth, subject))
    await service.recorder.note("unlocked", subject=subject)
    return user


async def set_roles(service: Service, subject: str, given: Roles) -> tuple[User, int]:
    """Give a user exactly these roles.  The user, and how many sessions changed."""
    try:
        done = await roles.give_roles(
            service.users, service.auth, subject, given, spare_last_admin=True
        )
    except LastAdmin as last:
        raise Refused(Refusal.LAST_ADMIN, str(last)) from None
    except InvalidRole as invalid:
        raise Refused(Refusal.INVALID_REQUEST, str(invalid), field="roles") from None
    user, changed = _there(done)
    await service.recorder.note(
        "roles_set", subject=subject, roles=sorted(user.roles), sessions=changed
    )
    return user, changed


async def reset_factors(service: Service, subject: str) -> int:
    """Take from a user all factors but the password, and end all sessions.  How many ended.  The
    person is told, and sets up new ones: nobody chooses a factor for somebody else."""
    user = await find(service, subject)
    device = current_visit().device()
    ended = await accounts_factors.reset_factors(service.users, service.auth, user, device=device)
    if ended is None:
        raise Refused(Refusal.NOT_FOUND, "This person has no second factor.")
    await service.recorder.note("factors_reset", subject=subject, sessions=ended)
    return ended


async def end_all(service: Service, subject: str) -> int:
    """End every session of a user; they may log in again.  How many there were."""
    await find(service, subject)
    return len(await service.auth.revoke(subject=subject, device=current_visit().device()))


async def give_reset_link(service: Service, subject: str) -> ResetLink:
    """A link with which a user, once, chooses a new password: by mail, where mail is sent."""
    give = _send if service.options.mail == "smtp" else _make
    return await give(service, subject)


async def _send(service: Service, subject: str) -> ResetLink:
    user = await find(service, subject)
    if await service.outbox.is_full(subject, "reset_link_sent", service.clock()):
        sentence = "This person was sent several links within the hour; wait before the next."
        raise Refused(Refusal.TOO_MANY_ATTEMPTS, sentence, retry_after=HOUR)
    await service.recorder.note("reset_link_sent", subject=subject)
    return ResetLink(user)


async def _make(service: Service, subject: str) -> ResetLink:
    user = await find(service, subject)
    now = service.clock()
    link = await reset_link(service.auth.store, user, service.options.base_url, at=now)
    await service.recorder.note("reset_link_made", subject=subject)
    return ResetLink(user, link, now + LIFETIME)


def _there(found: T | None) -> T:
    if found is None:
        raise Refused(Refusal.NOT_FOUND, "There is no such user.")
    return found
