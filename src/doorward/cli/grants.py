"""`doorward grants`: what applications may do for people, and how an operator ends it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence

from ..server import client_decisions
from ..server.accounts.users import Users
from ..server.client_decisions import Registry
from ..server.command_options import read_options
from ..server.oauth.access import live_grants
from ..server.plural import counted
from ..types import Session
from .accounts import every
from .commands import Verb, run
from .open import opened_registry
from .output import Answer, NotDone, table, when


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("grants", VERBS, argv)


async def _list(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, users):
        subject = None if given.who is None else await _subject(registry, users, given.who)
        found = await live_grants(registry.provider, subject)
        names = {each.client_id: each.name for each in await registry.provider.clients.all()}
        emails = {user.subject: user.email for user in await every(users)} if found else {}
    head = ("GRANT", "WHO", "APPLICATION", "SCOPES", "RESOURCE", "CREATED (UTC)", "LAST USED (UTC)")
    rows = [_row(grant, emails, names) for grant in found]
    nothing = "There are no grants." if given.who is None else f"{given.who} has no grants."
    data = {"grants": [_entry(grant, emails, names) for grant in found]}
    return Answer(data, table(head, rows) if rows else [nothing])


async def _end(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, users):
        if given.client_id is None:
            return await _end_one(registry, given.who)
        subject = await _subject(registry, users, given.who)
        ended = await client_decisions.end_application(registry, subject, given.client_id)
    if ended is None:
        raise NotDone(f"{given.client_id} has no access to {given.who}.")
    data = {"subject": subject, "client_id": given.client_id, "grants_ended": ended}
    did = f"{counted(ended, 'grant')} ended; {given.client_id} has to ask {given.who} again."
    return Answer(data, [did])


async def _end_one(registry: Registry, sid: str) -> Answer:
    ended = await registry.provider.grants.revoke(sid)
    if not ended:
        raise NotDone(f"There is no live grant {sid}; name a person and a client to end all.")
    did = "1 grant ended; what the person allowed stands, so the application can get another."
    return Answer({"sid": sid, "grants_ended": len(ended)}, [did])


async def _subject(registry: Registry, users: Users, who: str) -> str:
    """The person who is meant, or the application that acts for itself."""
    user = await users.find(who)
    if user is not None:
        return user.subject
    if await registry.provider.clients.find(who) is not None:
        return who
    raise NotDone(f"There is no user {who}.")


def _row(grant: Session, emails: Mapping[str, str], names: Mapping[str, str]) -> tuple[str, ...]:
    return (
        grant.sid,
        emails.get(grant.subject, grant.subject),
        names.get(grant.client_id, grant.client_id),
        ", ".join(sorted(grant.scopes)),
        grant.audience,
        when(grant.created_at),
        when(grant.seen_at),
    )


def _entry(
    grant: Session, emails: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, object]:
    return {
        "sid": grant.sid,
        "subject": grant.subject,
        "email": emails.get(grant.subject),
        "client_id": grant.client_id,
        "name": names.get(grant.client_id),
        "scopes": sorted(grant.scopes),
        "resource": grant.audience,
        "created_at": grant.created_at,
        "seen_at": grant.seen_at,
    }


def _list_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("who", metavar="WHO", nargs="?", help="an e-mail address or a subject")


def _end_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "who", metavar="WHO", help="an e-mail address or a subject; or, alone, the id of one grant"
    )
    parser.add_argument("client_id", metavar="CLIENT", nargs="?", help="the client id")


VERBS = {
    "list": Verb(
        what="Show what applications may do for people, latest activity first.",
        run=_list,
        arguments=_list_arguments,
    ),
    "end": Verb(
        what="End the access of an application to a person, or one grant by its id.",
        run=_end,
        arguments=_end_arguments,
    ),
}
