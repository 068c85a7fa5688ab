"""`doorward clients`: other applications, as the operator registers them."""

from argparse import Namespace
from collections.abc import Sequence
from typing import TypeVar

from ..server import client_decisions
from ..server.command_options import read_options
from ..server.oauth.access import last_used, live_grants
from ..server.oauth.client import Client, Kind
from ..server.plural import counted
from .client_words import (
    add_arguments,
    changed_words,
    client_argument,
    edit_arguments,
    rotate_arguments,
    said_words,
)
from .commands import Verb, run
from .open import opened_registry
from .output import Answer, NotDone, long, table, when

T = TypeVar("T")


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("clients", VERBS, argv)


async def _add(given: Namespace) -> Answer:
    kind: Kind = "public" if given.public else "confidential"
    async with opened_registry(read_options(given)) as (registry, _):
        client, secret = await client_decisions.add_client(registry, kind, said_words(given))
    lines = [f"Added {client.name}, a {client.kind} client; its client id is {client.client_id}."]
    if secret is not None:
        lines += ["Its secret, which is shown here and never again:", secret]
    return Answer({**client.facts(), "client_secret": secret}, lines)


async def _list(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, _):
        every = await registry.provider.clients.all()
    head = ("NAME", "CLIENT ID", "KIND", "SCOPES", "STATE", "CREATED (UTC)")
    shown = [
        (
            client.name,
            client.client_id,
            client.kind,
            ", ".join(sorted(client.scopes)),
            _state(client),
            when(client.created_at),
        )
        for client in every
    ]
    lines = table(head, shown) if shown else ["There are no clients."]
    return Answer({"clients": [client.facts() for client in every]}, lines)


async def _show(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, _):
        client = _there(given, await registry.provider.clients.find(given.client_id))
        every = await live_grants(registry.provider)
    grants = [grant for grant in every if grant.client_id == client.client_id]
    used_at = last_used(grants)
    said = client.facts()
    shown = [(name, _shown(name, value)) for name, value in said.items()]
    shown += [("grants", str(len(grants))), ("used_at", _shown("used_at", used_at))]
    width = max(len(name) for name, _ in shown)
    lines = [f"{name.ljust(width)}  {text}" for name, text in shown]
    return Answer({**said, "grants": len(grants), "used_at": used_at}, lines)


async def _edit(given: Namespace) -> Answer:
    changes = changed_words(given)
    if not changes:
        raise NotDone("Name what is to change, such as --name.")
    async with opened_registry(read_options(given)) as (registry, _):
        done = await client_decisions.change_client(registry, given.client_id, changes)
    client, ended = _there(given, done)
    return Answer(
        {**client.facts(), "grants_ended": ended},
        [f"Changed {client.name}; {counted(ended, 'grant')} ended."],
    )


async def _rotate(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, _):
        done = await client_decisions.rotate_secret(registry, given.client_id, given.overlap)
    client, secret = _there(given, done)
    old = "does not work any more"
    if client.old_secret_until is not None:
        old = f"works for {long(given.overlap)} more, until {when(client.old_secret_until)} (UTC)"
    lines = [
        f"Made a new secret for {client.name}; the old one {old}.",
        "The new secret, which is shown here and never again:",
        str(secret),
    ]
    return Answer({**client.facts(), "client_secret": secret}, lines)


async def _disable(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, _):
        done = await client_decisions.disable_client(registry, given.client_id)
    client, ended = _there(given, done)
    return Answer(
        {**client.facts(), "grants_ended": ended},
        [f"Disabled {client.name}; {counted(ended, 'grant')} ended."],
    )


async def _enable(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, _):
        client = _there(given, await client_decisions.enable_client(registry, given.client_id))
    return Answer(client.facts(), [f"Enabled {client.name}; what ended stays ended."])


def _there(given: Namespace, found: T | None) -> T:
    if found is None:
        raise NotDone(f"There is no client {given.client_id}.")
    return found


def _state(client: Client) -> str:
    return "active" if client.disabled_at is None else f"disabled {when(client.disabled_at)}"


def _shown(name: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith(("_at", "_until")):
        return when(value)
    return "-" if value is None else str(value)


VERBS = {
    "add": Verb(
        what="Register an application, and print its client id and secret.",
        run=_add,
        arguments=add_arguments,
    ),
    "list": Verb(what="Show all applications.", run=_list),
    "show": Verb(
        what="Show one application, and how many grants it has.",
        run=_show,
        arguments=client_argument,
    ),
    "edit": Verb(
        what="Change an application; grants of what it loses end.",
        run=_edit,
        arguments=edit_arguments,
    ),
    "rotate-secret": Verb(
        what="Make a new secret, beside which the old one works for a while.",
        run=_rotate,
        arguments=rotate_arguments,
    ),
    "disable": Verb(
        what="Refuse an application from now on, and end all its grants.",
        run=_disable,
        arguments=client_argument,
    ),
    "enable": Verb(
        what="Let an application that was disabled ask people again.",
        run=_enable,
        arguments=client_argument,
    ),
}
