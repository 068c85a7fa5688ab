"""What the operator decides about applications and scopes, with the entry in the audit log.

Console, API and command line call these.  Each says None, or False, where there is no such thing.
"""

from typing import Any, NamedTuple

from ..types import Device
from .oauth.apply_decisions import end_access, end_grants
from .oauth.client import Changes, Client, InvalidClient, Kind, Registration
from .oauth.clients import OVERLAP, Added
from .oauth.provider import Provider
from .oauth.scopes import Scope
from .recorder import Recorder

_NOWHERE = Device()


class Office(NamedTuple):
    """Where something is decided: `device` is where the decision comes from."""

    provider: Provider
    recorder: Recorder
    device: Device = _NOWHERE


class Decided(NamedTuple):
    """A client after a decision, and how many of its grants ended."""

    client: Client
    ended: int


async def add_client(office: Office, kind: Kind, said: Changes) -> Added:
    """Register an application.  Raises `InvalidClient`."""
    known = await office.provider.scopes.known()
    asked = said.get("scopes", ())
    if unknown := sorted(name for name in asked if name not in known):
        raise InvalidClient(f"There is no scope {', '.join(unknown)}; add it first.")
    fields: dict[str, Any] = {"name": "", **said, "scopes": [known[name] for name in asked]}
    registration = Registration(kind=kind, **fields)
    added = await office.provider.clients.add(registration, at=_now(office))
    client = added.client
    await office.recorder.note("client_added", client=client.client_id, name=client.name)
    return added


async def change_client(office: Office, client_id: str, changes: Changes) -> Decided | None:
    """Change what an application is and may; grants that it may not have any more end.  Raises
    `InvalidClient`."""
    clients = office.provider.clients
    while (before := await clients.find(client_id)) is not None:
        if not before.settled_now:
            await end_grants(office.provider, before, office.device)
            continue
        client = await clients.change(client_id, changes)
        if client is not None:
            ended = 0
            if not client.settled_now:
                ended = await end_grants(office.provider, client, office.device)
            changed = _changed(before, client)
            await office.recorder.note(
                "client_changed", client=client_id, changed=changed, sessions=ended
            )
            return Decided(client, ended)
    return None


async def rotate_secret(office: Office, client_id: str, overlap: int = OVERLAP) -> Added | None:
    """Give an application a new secret; the old one works for `overlap` seconds more.  Raises
    `InvalidClient` for a public one."""
    clients, at = office.provider.clients, _now(office)
    added = await clients.rotate(client_id, at=at, overlap=overlap)
    if added is not None:
        until = added.client.old_secret_until
        await office.recorder.note("client_secret_rotated", client=client_id, old_until=until)
    return added


async def disable_client(office: Office, client_id: str) -> Decided | None:
    """Refuse an application from now on, and end all its grants."""
    client = await office.provider.clients.disable(client_id, at=_now(office))
    if client is None:
        return None
    ended = await end_grants(office.provider, client, office.device)
    await office.recorder.note("client_disabled", client=client_id, sessions=ended)
    return Decided(client, ended)


async def enable_client(office: Office, client_id: str) -> Client | None:
    """Let an application ask again, once all its grants have ended."""
    clients = office.provider.clients
    while (client := await clients.find(client_id)) is not None:
        if client.disabled_at is None:
            return client
        if not client.settled_now:
            await end_grants(office.provider, client, office.device)
        elif (enabled := await clients.enable(client_id)) is not None:
            await office.recorder.note("client_enabled", client=client_id)
            return enabled
    return None


async def add_scope(office: Office, scope: Scope) -> None:
    """Add a scope.  Raises `InvalidScope`."""
    await office.provider.scopes.add(scope)
    await office.recorder.note("scope_added", scope=scope.name, resource=scope.resource)


async def remove_scope(office: Office, name: str) -> Scope | None:
    """Remove a scope that no application may ask for.  Raises `InvalidScope`."""
    scope = await office.provider.scopes.remove(name)
    if scope is not None:
        await office.recorder.note("scope_removed", scope=name, resource=scope.resource)
    return scope


async def end_application(office: Office, subject: str, client_id: str) -> int | None:
    """Take back what a person allowed an application, and end its grants.  How many ended; None
    where it had no access."""
    provider = office.provider
    # the consent first: a code under way is redeemed no more
    withdrawn = await provider.consents.withdraw(subject, client_id, at=_now(office))
    ended = await end_access(provider, subject, client_id, office.device)
    if not (withdrawn or ended):
        return None
    await office.recorder.note(
        "consent_withdrawn", subject=subject, client=client_id, sessions=ended
    )
    return ended


def _now(office: Office) -> int:
    return office.provider.auth.clock()


def _changed(before: Client, after: Client) -> list[str]:
    """The members that are not what they were."""
    old = before.facts()
    return [name for name, value in after.facts().items() if value != old[name]]
