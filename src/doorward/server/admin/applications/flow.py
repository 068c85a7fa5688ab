"""What an administrator decides about applications.  Who may is decided before; each act is
recorded, with who did it.  A secret is shown where it is made, and nowhere else."""

from collections.abc import Sequence
from typing import TypeVar

from ....types import Session
from ....web.asgi import current_visit
from ... import client_decisions
from ...accounts.user import User
from ...client_decisions import Decided, Registry
from ...oauth.access import Access, applications_of, live_grants
from ...oauth.client import Changes, Client, InvalidClient, Kind
from ...oauth.clients import Added
from ...refusals import Refusal, Refused
from ...service import Service

T = TypeVar("T")


async def find(service: Service, client_id: str) -> Client:
    """An application.  Refuses an id that none has, as do all of these."""
    return _there(await service.provider.clients.find(client_id))


async def add_application(service: Service, kind: Kind, said: Changes) -> Added:
    """Register an application.  Refuses what cannot be registered."""
    try:
        return await client_decisions.add_client(_registry(service), kind, said)
    except InvalidClient as invalid:
        raise _refusal(invalid) from None


async def change_application(service: Service, client_id: str, changes: Changes) -> Decided:
    """Change what an application is and may do; grants of what it loses end."""
    try:
        done = await client_decisions.change_client(_registry(service), client_id, changes)
    except InvalidClient as invalid:
        raise _refusal(invalid) from None
    return _there(done)


async def rotate_secret(service: Service, client_id: str, overlap: int) -> Added:
    """A new secret, beside which the old one works for `overlap` seconds more."""
    try:
        done = await client_decisions.rotate_secret(_registry(service), client_id, overlap)
    except InvalidClient as invalid:
        raise _refusal(invalid) from None
    return _there(done)


async def disable_application(service: Service, client_id: str) -> Decided:
    """Refuse an application from now on, and end all its grants."""
    return _there(await client_decisions.disable_client(_registry(service), client_id))


async def enable_application(service: Service, client_id: str) -> Client:
    """Let an application ask people again."""
    return _there(await client_decisions.enable_client(_registry(service), client_id))


async def grants_of(
    service: Service, client_id: str, after: str = ""
) -> tuple[list[Session], str | None]:
    """The live grants of an application, of a page of people, and the `after` of the next page."""
    client = await find(service, client_id)
    provider = service.provider
    people = await provider.consents.subjects(client.client_id, after)
    own: Sequence[str] = () if after or client.describes_itself else (client.client_id,)
    found: list[Session] = []
    for subject in (*own, *people):
        grants = await live_grants(provider, subject)
        found += [grant for grant in grants if grant.client_id == client.client_id]
    return found, people[-1] if people else None


async def applications_of_user(service: Service, subject: str) -> list[Access]:
    """The applications that a user allows anything now."""
    await user(service, subject)
    return await applications_of(service.provider, subject)


async def end_access(service: Service, subject: str, client_id: str) -> int:
    """End the access of an application to a user, which has to ask again.  How many grants
    ended."""
    await user(service, subject)
    ended = await client_decisions.end_application(_registry(service), subject, client_id)
    if ended is None:
        raise Refused(Refusal.NOT_FOUND, "This application has no access.")
    return ended


async def user(service: Service, subject: str) -> User:
    """The user whom an application has access to."""
    found = await service.users.by_subject(subject)
    if found is None:
        raise Refused(Refusal.NOT_FOUND, "There is no such user.")
    return found


def _registry(service: Service) -> Registry:
    return Registry(service.provider, service.recorder, current_visit().device())


def _refusal(invalid: InvalidClient) -> Refused:
    return Refused(Refusal.INVALID_REQUEST, str(invalid), field=invalid.field)


def _there(found: T | None) -> T:
    if found is None:
        raise Refused(Refusal.NOT_FOUND, "There is no such application.")
    return found
