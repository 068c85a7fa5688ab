"""`doorward users`: who may log in, decided by the operator."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..auth import Auth
from ..password_policy import check_password
from ..passwords import Passwords
from ..server.accounts.breached import open_breached
from ..server.accounts.email import canonical
from ..server.accounts.invitation import LIFETIME as INVITATION_LIFETIME
from ..server.accounts.invitation import invitation_link
from ..server.accounts.reset_factors import reset_factors
from ..server.accounts.reset_link import LIFETIME, reset_link
from ..server.accounts.user import User
from ..server.command_options import read_options
from ..server.options import Options
from ..server.plural import counted
from ..settings import MAX_ROLE_BYTES
from ..types import Roles, system_clock
from .accounts import bereft, every, find, forget, give_roles, let_in, lock_out
from .commands import Verb, run
from .imports import IMPORT
from .links import check_origin, link_lines, link_notes
from .open import opened_office, opened_register, opened_users
from .output import Answer, NotDone, table, when
from .prompt import new_password

if TYPE_CHECKING:
    from ..server.accounts.users import Users
    from ..server.recorder import Recorder


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("users", VERBS, argv)


async def _create(given: Namespace) -> Answer:
    options, email, roles = read_options(given), canonical(given.who), _roles(given.role)
    if given.no_password:
        return await _create_with_link(options, email, roles)
    password = new_password()
    breached = open_breached(options.breached_file)
    check_password(password, email=email, minimum=options.min_password, breached=breached)
    async with opened_register(options, make=True) as (users, recorder):
        user = await users.create(email, await _hashed(password), roles, at=system_clock())
        await recorder.note("signup", subject=user.subject, roles=sorted(roles))
    return Answer(_data(user), [_created(user)])


async def _list(given: Namespace) -> Answer:
    async with opened_users(read_options(given)) as users:
        found = await every(users)
    shown = [
        (user.email, user.subject, _listed(user.roles), _state(user), when(user.created_at))
        for user in found
    ]
    head = ("E-MAIL", "SUBJECT", "ROLES", "STATE", "CREATED (UTC)")
    lines = table(head, shown) if shown else ["There are no users."]
    return Answer({"users": [user.facts() for user in found]}, lines)


async def _lock(given: Namespace) -> Answer:
    options = read_options(given)
    async with opened_office(options) as (users, auth, recorder):
        before = await find(users, given.who)
        user, ended = await lock_out(users, auth, before.subject)
        await recorder.note("locked", subject=user.subject, sessions=ended)
        notes = await bereft(users, before)
    did = f"{user.email} was locked already" if before.locked_at else f"Locked {user.email}"
    return Answer(
        {**_data(user), "locked_at": user.locked_at, "sessions_ended": ended},
        [f"{did}; {counted(ended, 'session')} ended."],
        notes,
    )


async def _unlock(given: Namespace) -> Answer:
    options = read_options(given)
    async with opened_office(options) as (users, auth, recorder):
        before = await find(users, given.who)
        user = await let_in(users, auth, before.subject)
        await recorder.note("unlocked", subject=user.subject)
    did = "can log in again" if before.locked_at else "was not locked and can log in"
    return Answer({**_data(user), "locked_at": user.locked_at}, [f"{user.email} {did}."])


async def _set_roles(given: Namespace) -> Answer:
    options, roles = read_options(given), _roles(given.roles)
    async with opened_office(options) as (users, auth, recorder):
        before = await find(users, given.who)
        user, changed = await give_roles(users, auth, before.subject, roles)
        now_has = sorted(user.roles)
        await recorder.note("roles_set", subject=user.subject, roles=now_has, sessions=changed)
        notes = await bereft(users, before)
    told = f"{counted(changed, 'session')} changed, nobody was logged out."
    return Answer(
        {**_data(user), "sessions_changed": changed},
        [f"Gave {user.email} {_named(user.roles)}; {told}"],
        notes,
    )


async def _reset_link(given: Namespace) -> Answer:
    options = read_options(given)
    check_origin(options)
    async with opened_office(options) as (users, auth, recorder):
        user = await find(users, given.who)
        link, ends_at = await _link(auth, options, user)
        await recorder.note("reset_link_made", subject=user.subject)
    notes = link_notes(options)
    if user.locked_at is not None:
        notes.append(f"Note: {user.email} is locked, and stays so until it is unlocked.")
    data = {**_data(user), "reset_link": link, "expires_at": ends_at}
    return Answer(data, link_lines(user, link, ends_at), notes)


async def _invite(given: Namespace) -> Answer:
    options = read_options(given)
    check_origin(options)
    async with opened_office(options) as (users, auth, recorder):
        before = await users.find(given.who)
        user = before or await _made(users, recorder, canonical(given.who), _roles(given.role))
        if before is not None and given.role:
            raise NotDone(f"{user.email} has an account already; users set-roles gives roles.")
        if user.password_hash is not None:
            raise NotDone(f"{user.email} has a password already; users reset-link makes a link.")
        now = system_clock()
        link = await invitation_link(auth.store, user, options.base_url, at=now)
        await recorder.note("invitation_made", subject=user.subject)
    ends_at = now + INVITATION_LIFETIME
    data = {**_data(user), "invitation_link": link, "expires_at": ends_at}
    lines = [_created(user)] if before is None else []
    return Answer(data, [*lines, *link_lines(user, link, ends_at)], link_notes(options))


async def _reset_factors(given: Namespace) -> Answer:
    options = read_options(given)
    async with opened_office(options, letters=("factors_reset",)) as (users, auth, recorder):
        user = await find(users, given.who)
        ended = await reset_factors(users, auth, user)
        if ended is None:
            raise NotDone(f"{user.email} has no second factor.")
        await recorder.note("factors_reset", subject=user.subject, sessions=ended)
    notes = ["Note: the password alone logs in until a new second factor is set up."]
    if options.mail != "smtp":
        notes.append("Note: no letter is sent without --smtp-url; tell the person yourself.")
    return Answer(
        {**_data(user), "sessions_ended": ended},
        [f"Reset the factors of {user.email}; {counted(ended, 'session')} ended."],
        notes,
    )


async def _delete(given: Namespace) -> Answer:
    options = read_options(given)
    async with opened_office(options) as (users, auth, recorder):
        user = await users.find(given.who)
        if user is None:
            return await _delete_leftovers(auth, given.who)
        ended = await forget(users, auth, user.subject)
        await recorder.note("account_deleted", subject=user.subject, sessions=ended)
        notes = await bereft(users, user)
    return Answer(
        {**_data(user), "sessions_ended": ended},
        [f"Deleted {user.email}; {counted(ended, 'session')} ended."],
        notes,
    )


# --- steps --------------------------------------------------------------------------------------


async def _create_with_link(options: Options, email: str, roles: Roles) -> Answer:
    check_origin(options)
    async with opened_office(options, make=True) as (users, auth, recorder):
        user = await _made(users, recorder, email, roles)
        link, ends_at = await _link(auth, options, user)
        await recorder.note("reset_link_made", subject=user.subject)
    data = {**_data(user), "reset_link": link, "expires_at": ends_at}
    lines = [_created(user), *link_lines(user, link, ends_at)]
    return Answer(data, lines, link_notes(options))


async def _made(users: "Users", recorder: "Recorder", email: str, roles: Roles) -> User:
    """A new user without a password."""
    user = await users.create(email, None, roles, at=system_clock())
    await recorder.note("signup", subject=user.subject, roles=sorted(roles))
    return user


async def _delete_leftovers(auth: Auth, who: str) -> Answer:
    """End the sessions of a user whose deletion was interrupted half-way."""
    ended = [] if "@" in who else await auth.revoke(subject=who)
    if not ended:
        raise NotDone(f"There is no user {who}.")
    data = {"subject": who, "email": None, "sessions_ended": len(ended)}
    return Answer(data, [f"{who} was deleted before; {counted(len(ended), 'session')} ended."])


async def _link(auth: Auth, options: Options, user: User) -> tuple[str, int]:
    """A reset link and when it dies."""
    now = system_clock()
    link = await reset_link(auth.store, user, options.base_url, at=now)
    return link, now + LIFETIME


async def _hashed(password: str) -> str:
    passwords = Passwords()
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


def _roles(words: Sequence[str]) -> Roles:
    roles = frozenset(words)
    if len(json.dumps(sorted(roles))) > MAX_ROLE_BYTES:
        raise NotDone("These are too many or too long roles: they do not fit in an access token.")
    return roles


# --- words --------------------------------------------------------------------------------------


def _data(user: User) -> dict[str, object]:
    return {"subject": user.subject, "email": user.email, "roles": sorted(user.roles)}


def _state(user: User) -> str:
    if user.locked_at is not None:
        return f"locked {when(user.locked_at)}"
    if user.erase_at is not None:
        return f"to be erased {when(user.erase_at)}"
    return "active" if user.password_hash is not None else "no password yet"


def _created(user: User) -> str:
    return f"Created {user.email} with {_named(user.roles)}; the subject is {user.subject}."


def _named(roles: Roles) -> str:
    if not roles:
        return "no roles"
    return f"the role{'s' if len(roles) > 1 else ''} {', '.join(sorted(roles))}"


def _listed(roles: Roles) -> str:
    return ", ".join(sorted(roles)) or "-"


# --- the table ----------------------------------------------------------------------------------


def _who(parser: ArgumentParser) -> None:
    parser.add_argument("who", metavar="WHO", help="the e-mail address or the subject")


def _create_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("who", metavar="WHO", help="the e-mail address")
    parser.add_argument(
        "--role", metavar="ROLE", action="append", default=[], help="a role; may be repeated"
    )
    parser.add_argument(
        "--no-password",
        action="store_true",
        help="ask for none, and print a link with which the person chooses one",
    )


def _invite_arguments(parser: ArgumentParser) -> None:
    _who(parser)
    parser.add_argument(
        "--role", metavar="ROLE", action="append", default=[], help="a role of a new user"
    )


def _role_arguments(parser: ArgumentParser) -> None:
    _who(parser)
    parser.add_argument(
        "roles", metavar="ROLE", nargs="*", help="exactly these; without ROLE: none"
    )


LINK = ("public_origin", "port", "at")

VERBS = {
    "create": Verb(
        what="Add a user; the password is asked for, or read as one line from stdin.",
        run=_create,
        options=("min_password", "breached_file", *LINK),
        arguments=_create_arguments,
    ),
    "import": IMPORT,
    "invite": Verb(
        what="Print a link with which a person chooses their first password; adds a new user.",
        run=_invite,
        options=LINK,
        arguments=_invite_arguments,
    ),
    "list": Verb(what="Show all users.", run=_list),
    "lock": Verb(
        what="Refuse a user from now on, and end all sessions.", run=_lock, arguments=_who
    ),
    "unlock": Verb(what="Let a locked user log in again.", run=_unlock, arguments=_who),
    "set-roles": Verb(
        what="Give a user exactly these roles, in live sessions too.",
        run=_set_roles,
        arguments=_role_arguments,
    ),
    "reset-link": Verb(
        what="Print a link with which a user can choose a new password, once.",
        run=_reset_link,
        options=LINK,
        arguments=_who,
    ),
    "reset-factors": Verb(
        what="Delete the app, passkeys and recovery codes of a user, and end all sessions.",
        run=_reset_factors,
        options=("smtp_url", "mail_from", "smtp_password_file", *LINK),
        arguments=_who,
    ),
    "delete": Verb(what="Forget a user, and end all sessions.", run=_delete, arguments=_who),
}
