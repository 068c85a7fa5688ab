"""`doorward users`: who may log in, decided by the operator."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from ..auth import Auth
from ..password_policy import check_password
from ..passwords import Passwords
from ..server.accounts.breached import open_breached
from ..server.accounts.email import canonical
from ..server.accounts.reset_factors import reset_factors
from ..server.command_options import read_options
from ..server.plural import counted
from ..types import system_clock
from .accounts import bereft, every, find, forget, give_roles, let_in, lock_out
from .commands import Verb, run
from .imports import IMPORT
from .open import opened_office, opened_register, opened_users
from .output import Answer, NotDone, table, when
from .prompt import new_password
from .user_links import create_with_link, invite, print_reset_link
from .user_words import created, data, listed, named, roles_of, state


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("users", VERBS, argv)


async def _create(given: Namespace) -> Answer:
    options, email, roles = read_options(given), canonical(given.who), roles_of(given.role)
    if given.no_password:
        return await create_with_link(options, email, roles)
    password = new_password()
    breached = open_breached(options.breached_file)
    check_password(password, email=email, minimum=options.min_password, breached=breached)
    async with opened_register(options, make=True) as (users, recorder):
        user = await users.create(email, await _hashed(password), roles, at=system_clock())
        await recorder.note("signup", subject=user.subject, roles=sorted(roles))
    return Answer(data(user), [created(user)])


async def _list(given: Namespace) -> Answer:
    async with opened_users(read_options(given)) as users:
        found = await every(users)
    shown = [
        (user.email, user.subject, listed(user.roles), state(user), when(user.created_at))
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
        {**data(user), "locked_at": user.locked_at, "sessions_ended": ended},
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
    return Answer({**data(user), "locked_at": user.locked_at}, [f"{user.email} {did}."])


async def _set_roles(given: Namespace) -> Answer:
    options, roles = read_options(given), roles_of(given.roles)
    async with opened_office(options) as (users, auth, recorder):
        before = await find(users, given.who)
        user, changed = await give_roles(users, auth, before.subject, roles)
        now_has = sorted(user.roles)
        await recorder.note("roles_set", subject=user.subject, roles=now_has, sessions=changed)
        notes = await bereft(users, before)
    told = f"{counted(changed, 'session')} changed, nobody was logged out."
    return Answer(
        {**data(user), "sessions_changed": changed},
        [f"Gave {user.email} {named(user.roles)}; {told}"],
        notes,
    )


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
        {**data(user), "sessions_ended": ended},
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
        {**data(user), "sessions_ended": ended},
        [f"Deleted {user.email}; {counted(ended, 'session')} ended."],
        notes,
    )


# --- steps --------------------------------------------------------------------------------------


async def _delete_leftovers(auth: Auth, who: str) -> Answer:
    """End the sessions of a user whose deletion was interrupted half-way."""
    ended = [] if "@" in who else await auth.revoke(subject=who)
    if not ended:
        raise NotDone(f"There is no user {who}.")
    shown = {"subject": who, "email": None, "sessions_ended": len(ended)}
    return Answer(shown, [f"{who} was deleted before; {counted(len(ended), 'session')} ended."])


async def _hashed(password: str) -> str:
    passwords = Passwords()
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


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
        run=invite,
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
        run=print_reset_link,
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
