"""`doorward sessions`: everywhere people are logged in, and how an operator ends it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence

from ..auth import Auth
from ..server.options import Options, read_options
from ..server.plural import counted
from ..stores import Page
from ..types import Session
from .commands import Verb, run
from .open import has_users, opened_auth, opened_deciding, opened_office, opened_users
from .output import Answer, NotDone, table, when

PAGE = 500
"""Rows read at once."""


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("sessions", VERBS, argv)


async def _list(given: Namespace) -> Answer:
    options = read_options(given)
    async with opened_auth(options) as auth:
        subject, emails = await _people(options, given.who)
        found = await every(auth, subject)
    if given.who is not None and not (found or emails) and await has_users(options):
        raise NotDone(f"There is no user {given.who}.")
    head = ("SESSION", "WHO", "MODE", "DEVICE", "ADDRESS", "CREATED (UTC)", "LAST SEEN (UTC)")
    rows = [_row(session, emails) for session in found]
    lines = table(head, rows) if rows else [f"{given.who or 'Nobody'} is {_nowhere(given.who)}."]
    return Answer({"sessions": [_entry(session, emails) for session in found]}, lines)


async def _revoke(given: Namespace) -> Answer:
    async with opened_deciding(read_options(given)) as auth:
        ended = await auth.revoke(sid=given.sid)
        session = await auth.session(given.sid)
    if session is None:
        raise NotDone(f"There is no session {given.sid}.")
    did = f"{counted(len(ended), 'session')} ended." if ended else "It had ended before."
    data = {"sid": session.sid, "subject": session.subject, "sessions_ended": len(ended)}
    return Answer(data, [did])


async def _revoke_all(given: Namespace) -> Answer:
    options = read_options(given)
    async with opened_deciding(options) as auth:
        subject, emails = await _people(options, given.who)
        ended = await auth.revoke(subject=subject)
    if not (ended or emails) and await has_users(options):
        raise NotDone(f"There is no user {given.who}.")
    did = f"{counted(len(ended), 'session')} of {given.who} ended; they can log in again."
    data = {"subject": subject, "email": emails.get(subject or ""), "sessions_ended": len(ended)}
    return Answer(data, [did if ended else f"{given.who} is {_nowhere(given.who)}."])


async def _revoke_everyone(given: Namespace) -> Answer:
    from ..server.accounts.everyone import end_everyone

    options = read_options(given)
    if await has_users(options):
        async with opened_office(options) as (_, auth, recorder):
            ended = await end_everyone(auth)
            await recorder.note("all_revoked", sessions=ended.sessions, people=ended.people)
    else:
        async with opened_deciding(options) as auth:
            ended = await end_everyone(auth)
    whose = counted(ended.people, "person", "people")
    did = f"{counted(ended.sessions, 'session')} of {whose} ended; everybody can log in again."
    data = {"sessions_ended": ended.sessions, "people": ended.people}
    return Answer(data, [did if ended.sessions else "Nobody was logged in."])


async def every(auth: Auth, subject: str | None) -> list[Session]:
    """All live sessions, of one subject or of all, latest activity first."""
    found: list[Session] = []
    after: Page | None = None
    while page := await auth.sessions(subject, after, PAGE):
        found += page
        after = Page(page[-1].seen_at, page[-1].sid)
    return found


async def _people(options: Options, who: str | None) -> tuple[str | None, Mapping[str, str]]:
    """The subject that is meant, and the addresses of those that may come up.  A subject need not
    be a user of the server: applications keep their own."""
    if not await has_users(options):
        return who, {}
    from .accounts import every as every_user

    async with opened_users(options) as users:
        if who is None:
            return None, {user.subject: user.email for user in await every_user(users)}
        user = await users.find(who)
    if user is None and "@" in who:
        raise NotDone(f"There is no user {who}.")
    return (who, {}) if user is None else (user.subject, {user.subject: user.email})


def _row(session: Session, emails: Mapping[str, str]) -> tuple[str, ...]:
    return (
        session.sid,
        emails.get(session.subject, session.subject),
        session.mode,
        session.device.label or "-",
        session.device.address or "-",
        when(session.created_at),
        when(session.seen_at),
    )


def _entry(session: Session, emails: Mapping[str, str]) -> dict[str, object]:
    return {
        "sid": session.sid,
        "subject": session.subject,
        "email": emails.get(session.subject),
        "mode": session.mode,
        "device": session.device.label,
        "address": session.device.address,
        "created_at": session.created_at,
        "seen_at": session.seen_at,
    }


def _nowhere(who: str | None) -> str:
    return "logged in" if who is None else "not logged in anywhere"


def _list_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("who", metavar="WHO", nargs="?", help="an e-mail address or a subject")


def _revoke_all_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("who", metavar="WHO", help="an e-mail address or a subject")


def _revoke_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("sid", metavar="SID", help="the session, as `sessions list` shows it")


VERBS = {
    "list": Verb(
        what="Show where people are logged in, latest activity first.",
        run=_list,
        arguments=_list_arguments,
    ),
    "revoke": Verb(what="End one session.", run=_revoke, arguments=_revoke_arguments),
    "revoke-all": Verb(
        what="End every session of a person, who can log in again.",
        run=_revoke_all,
        arguments=_revoke_all_arguments,
    ),
    "revoke-everyone": Verb(
        what="End every session of everybody, who can log in again.",
        run=_revoke_everyone,
    ),
}
