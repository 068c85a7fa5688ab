"""What an administrator does about users.  Who may is decided before; each act is recorded, with
who did it.  No act shows or takes a password."""

from typing import NamedTuple, TypeVar

from ....settings import HOUR
from ....types import Roles
from ....web.asgi import current_visit
from ...accounts import deletion, lock, roles
from ...accounts import reset_factors as accounts_factors
from ...accounts.apply_decisions import apply_decisions
from ...accounts.email import InvalidEmail
from ...accounts.invitation import LIFETIME as INVITATION_LIFETIME
from ...accounts.invitation import invitation_link
from ...accounts.reset_link import LIFETIME, reset_link
from ...accounts.role_names import InvalidRole
from ...accounts.user import EmailTaken, LastAdmin, User
from ...refusals import Refusal, Refused
from ...service import Service

T = TypeVar("T")


class PasswordLink(NamedTuple):
    """A link with which a user, once, chooses a password, and when it dies; an empty one was sent
    to their address."""

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
        raise _refusal(invalid) from None
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


async def add_user(service: Service, email: str, given: Roles) -> User:
    """Make an account without a password.  Refuses an address that has one, or is none."""
    try:
        user = await service.users.create(email, None, given, at=service.clock())
    except (EmailTaken, InvalidEmail, InvalidRole) as error:
        raise _refusal(error) from None
    await service.recorder.note("signup", subject=user.subject, roles=sorted(user.roles))
    return user


async def set_email(service: Service, subject: str, email: str) -> User:
    """Give a user another address, which is not proved.  Sessions stay; both addresses get a
    letter.  Nothing happens if it is the present one."""
    before = await find(service, subject)
    try:
        user = await service.users.set_email(subject, email)
    except (EmailTaken, InvalidEmail) as error:
        raise _refusal(error) from None
    if user is None:
        return await find(service, subject)
    await apply_decisions(service.users, service.auth, user, device=current_visit().device())
    both = (before.email, user.email)
    await service.recorder.note("address_set", subject=subject, addressees=both)
    return user


async def delete_user(service: Service, subject: str) -> int:
    """Delete a user at once.  How many sessions ended.  Refuses the account of who asks."""
    known = current_visit().known
    if known is not None and known.subject == subject:
        raise Refused(Refusal.OWN_ACCOUNT)
    try:
        ended = _there(
            await deletion.delete_user(service.users, service.auth, subject, spare_last_admin=True)
        )
    except LastAdmin as last:
        raise Refused(Refusal.LAST_ADMIN, str(last)) from None
    await service.recorder.note("account_deleted", subject=subject, sessions=ended)
    return ended


async def give_reset_link(service: Service, subject: str) -> PasswordLink:
    """A link with which a user, once, chooses a new password: by mail, where mail is sent."""
    user = await find(service, subject)
    if await _mails(service, user, "reset_link_sent"):
        await service.recorder.note("reset_link_sent", subject=subject)
        return PasswordLink(user)
    now, base = service.clock(), service.options.base_url
    link = await reset_link(service.auth.store, user, base, at=now)
    await service.recorder.note("reset_link_made", subject=subject)
    return PasswordLink(user, link, now + LIFETIME)


async def invite(service: Service, subject: str) -> PasswordLink:
    """A link with which a user without a password chooses the first: by mail, where mail is
    sent."""
    user = await find(service, subject)
    if user.password_hash is not None:
        raise Refused(Refusal.HAS_PASSWORD)
    if await _mails(service, user, "invitation_sent"):
        await service.recorder.note("invitation_sent", subject=subject)
        return PasswordLink(user)
    now, base = service.clock(), service.options.base_url
    link = await invitation_link(service.auth.store, user, base, at=now)
    await service.recorder.note("invitation_made", subject=subject)
    return PasswordLink(user, link, now + INVITATION_LIFETIME)


async def _mails(service: Service, user: User, kind: str) -> bool:
    """Whether a letter brings the link.  Refuses when too many of them are on their way."""
    if service.options.mail != "smtp":
        return False
    if await service.outbox.is_full(user.subject, kind, service.clock()):
        sentence = "This person was sent several links within the hour; wait before the next."
        raise Refused(Refusal.TOO_MANY_ATTEMPTS, sentence, retry_after=HOUR)
    return True


def _refusal(error: EmailTaken | InvalidEmail | InvalidRole) -> Refused:
    match error:
        case EmailTaken():
            return Refused(Refusal.EMAIL_TAKEN, field="email")
        case InvalidEmail():
            return Refused(Refusal.INVALID_EMAIL, str(error), field="email")
    return Refused(Refusal.INVALID_REQUEST, str(error), field="roles")


def _there(found: T | None) -> T:
    if found is None:
        raise Refused(Refusal.NOT_FOUND, "There is no such user.")
    return found
