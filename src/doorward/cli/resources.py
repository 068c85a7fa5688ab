"""`doorward resources`: the APIs that the scopes are of."""

from argparse import Namespace
from collections.abc import Sequence

from ..server.command_options import read_options
from .commands import Verb, run
from .open import opened_registry
from .output import Answer, table


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("resources", VERBS, argv)


async def _list(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, _):
        scopes = await registry.provider.scopes.all()
        clients = await registry.provider.clients.all()
    found = [
        {
            "resource": resource,
            "scopes": [each.name for each in scopes if each.resource == resource],
            "clients": [
                {"client_id": client.client_id, "name": client.name}
                for client in clients
                if resource in client.resources
            ],
        }
        for resource in sorted({each.resource for each in scopes})
    ]
    rows = [
        (
            str(each["resource"]),
            ", ".join(scope.name for scope in scopes if scope.resource == each["resource"]),
            ", ".join(client.name for client in clients if each["resource"] in client.resources)
            or "-",
        )
        for each in found
    ]
    head = ("RESOURCE", "SCOPES", "APPLICATIONS")
    lines = table(head, rows) if rows else ["There are no scopes, and so no resources."]
    return Answer({"resources": found}, lines)


VERBS = {
    "list": Verb(
        what="Show the APIs of the scopes, and which applications may ask for one.", run=_list
    )
}
