"""What the operator decides about applications and scopes, with the entry in the audit log.

Console, API and command line call these.  Each says None, or False, where there is no such thing.
"""

from typing import Any, NamedTuple

from ..types import Device
from .oauth.apply_decisions import end_access, end_grants
from .oauth.client import Changes, Client, Kind, Registration, no_such_scope
from .oauth.clients import OVERLAP, Added
from .oauth.provider import Provider
from .oauth.scopes import Scope
from .recorder import Recorder

_NOWHERE = Device()


class Registry(NamedTuple):
    """The applications, to decide about them; `device` is where the decision comes from."""

    provider: Provider
    recorder: Recorder
    device: Device = _NOWHERE


class Decided(NamedTuple):
    """A client after a decision, and how many of its grants ended."""

    client: Client
    ended: int


async def add_client(registry: Registry, kind: Kind, said: Changes) -> Added:
    """Register an application.  Raises `InvalidClient`."""
    known = await registry.provider.scopes.known()
    asked = said.get("scopes", ())
    if unknown := sorted(name for name in asked if name not in known):
        raise no_such_scope(unknown)
    fields: dict[str, Any] = {"name": "", **said, "scopes": [known[name] for name in asked]}
    registration = Registration(kind=kind, **fields)
    added = await registry.provider.clients.add(registration, at=_now(registry))
    client = added.client
    await registry.recorder.note("client_added", client=client.client_id, name=client.name)
    return added


async def change_client(registry: Registry, client_id: str, changes: Changes) -> Decided | None:
    """Change what an application is and may; grants that it may not have any more end.  Raises
    `InvalidClient`."""
    clients = registry.provider.clients
    while (before := await clients.find(client_id)) is not None:
        if not before.settled_now:
            await end_grants(registry.provider, before, registry.device)
            continue
        client = await clients.change(client_id, changes)
        if client is not None:
            ended = 0
            if not client.settled_now:
                ended = await end_grants(registry.provider, client, registry.device)
            changed = _changed(before, client)
            await registry.recorder.note(
                "client_changed", client=client_id, changed=changed, sessions=ended
            )
            return Decided(client, ended)
    return None


async def rotate_secret(registry: Registry, client_id: str, overlap: int = OVERLAP) -> Added | None:
    """Give an application a new secret; the old one works for `overlap` seconds more.  Raises
    `InvalidClient` for a public one."""
    clients, at = registry.provider.clients, _now(registry)
    added = await clients.rotate(client_id, at=at, overlap=overlap)
    if added is not None:
        until = added.client.old_secret_until
        await registry.recorder.note("client_secret_rotated", client=client_id, old_until=until)
    return added


async def disable_client(registry: Registry, client_id: str) -> Decided | None:
    """Refuse an application from now on, and end all its grants."""
    client = await registry.provider.clients.disable(client_id, at=_now(registry))
    if client is None:
        return None
    ended = await end_grants(registry.provider, client, registry.device)
    await registry.recorder.note("client_disabled", client=client_id, sessions=ended)
    return Decided(client, ended)


async def enable_client(registry: Registry, client_id: str) -> Client | None:
    """Let an application ask again, once all its grants have ended."""
    clients = registry.provider.clients
    while (client := await clients.find(client_id)) is not None:
        if client.disabled_at is None:
            return client
        if not client.settled_now:
            await end_grants(registry.provider, client, registry.device)
        elif (enabled := await clients.enable(client_id)) is not None:
            await registry.recorder.note("client_enabled", client=client_id)
            return enabled
    return None


async def add_scope(registry: Registry, scope: Scope) -> None:
    """Add a scope.  Raises `InvalidScope`."""
    await registry.provider.scopes.add(scope)
    await registry.recorder.note("scope_added", scope=scope.name, resource=scope.resource)


async def remove_scope(registry: Registry, name: str) -> Scope | None:
    """Remove a scope that the operator lets no application ask for; of those that describe
    themselves the grants that have it end.  Raises `InvalidScope`."""
    scope = await registry.provider.scopes.remove(name)
    if scope is not None:
        for client in await registry.provider.clients.unsettled():
            await end_grants(registry.provider, client, registry.device)
        await registry.recorder.note("scope_removed", scope=name, resource=scope.resource)
    return scope


async def end_application(registry: Registry, subject: str, client_id: str) -> int | None:
    """Take back what a person allowed an application, and end its grants.  How many ended; None
    where it had no access."""
    provider = registry.provider
    if await provider.clients.find(client_id) is None:
        return None
    # the consent first: a code under way is redeemed no more
    withdrawn = await provider.consents.withdraw(subject, client_id, at=_now(registry))
    ended = await end_access(provider, subject, client_id, registry.device)
    if not (withdrawn or ended):
        return None
    await registry.recorder.note(
        "consent_withdrawn", subject=subject, client=client_id, sessions=ended
    )
    return ended


def _now(registry: Registry) -> int:
    return registry.provider.auth.clock()


def _changed(before: Client, after: Client) -> list[str]:
    """The members that are not what they were."""
    old = before.facts()
    return [name for name, value in after.facts().items() if value != old[name]]
