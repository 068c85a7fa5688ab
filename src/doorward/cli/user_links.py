"""The verbs of `doorward users` that print a link with which a person chooses a password."""

from argparse import Namespace
from typing import TYPE_CHECKING

from ..auth import Auth
from ..server.accounts.email import canonical
from ..server.accounts.invitation import LIFETIME as INVITATION_LIFETIME
from ..server.accounts.invitation import invitation_link
from ..server.accounts.reset_link import LIFETIME, reset_link
from ..server.accounts.user import User
from ..server.command_options import read_options
from ..server.options import Options
from ..types import Roles, system_clock
from .accounts import find
from .links import check_origin, link_lines, link_notes
from .open import opened_office
from .output import Answer, NotDone
from .user_words import created, data, roles_of

if TYPE_CHECKING:
    from ..server.accounts.users import Users
    from ..server.recorder import Recorder


async def create_with_link(options: Options, email: str, roles: Roles) -> Answer:
    """Add a user without a password, and print a reset link."""
    check_origin(options)
    async with opened_office(options, make=True) as (users, auth, recorder):
        user = await _made(users, recorder, email, roles)
        link, ends_at = await _link(auth, options, user)
        await recorder.note("reset_link_made", subject=user.subject)
    shown = {**data(user), "reset_link": link, "expires_at": ends_at}
    lines = [created(user), *link_lines(user, link, ends_at)]
    return Answer(shown, lines, link_notes(options))


async def print_reset_link(given: Namespace) -> Answer:
    """Print a link with which a user chooses a new password."""
    options = read_options(given)
    check_origin(options)
    async with opened_office(options) as (users, auth, recorder):
        user = await find(users, given.who)
        link, ends_at = await _link(auth, options, user)
        await recorder.note("reset_link_made", subject=user.subject)
    notes = link_notes(options)
    if user.locked_at is not None:
        notes.append(f"Note: {user.email} is locked, and stays so until it is unlocked.")
    shown = {**data(user), "reset_link": link, "expires_at": ends_at}
    return Answer(shown, link_lines(user, link, ends_at), notes)


async def invite(given: Namespace) -> Answer:
    """Print an invitation; makes the user if there is none."""
    options = read_options(given)
    check_origin(options)
    async with opened_office(options) as (users, auth, recorder):
        before = await users.find(given.who)
        user = before or await _made(users, recorder, canonical(given.who), roles_of(given.role))
        if before is not None and given.role:
            raise NotDone(f"{user.email} has an account already; users set-roles gives roles.")
        if user.password_hash is not None:
            raise NotDone(f"{user.email} has a password already; users reset-link makes a link.")
        now = system_clock()
        link = await invitation_link(auth.store, user, options.base_url, at=now)
        await recorder.note("invitation_made", subject=user.subject)
    ends_at = now + INVITATION_LIFETIME
    shown = {**data(user), "invitation_link": link, "expires_at": ends_at}
    lines = [created(user)] if before is None else []
    return Answer(shown, [*lines, *link_lines(user, link, ends_at)], link_notes(options))


async def _made(users: "Users", recorder: "Recorder", email: str, roles: Roles) -> User:
    """A new user without a password."""
    user = await users.create(email, None, roles, at=system_clock())
    await recorder.note("signup", subject=user.subject, roles=sorted(roles))
    return user


async def _link(auth: Auth, options: Options, user: User) -> tuple[str, int]:
    """A reset link and when it dies."""
    now = system_clock()
    link = await reset_link(auth.store, user, options.base_url, at=now)
    return link, now + LIFETIME
