"""`doorward scopes`: what applications may ask people for."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict

from ..server import client_decisions
from ..server.command_options import read_options
from ..server.oauth.scopes import STANDARD, Scope
from .commands import Verb, run
from .open import opened_registry
from .output import Answer, NotDone, table


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("scopes", VERBS, argv)


async def _add(given: Namespace) -> Answer:
    scope = Scope(name=given.name, resource=given.resource, sentence=given.sentence)
    async with opened_registry(read_options(given)) as (registry, _):
        await client_decisions.add_scope(registry, scope)
    return Answer(asdict(scope), [f"Added {scope.name}, a scope of {scope.resource}."])


async def _list(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, _):
        every = [*STANDARD.values(), *await registry.provider.scopes.all()]
    rows = [(each.name, each.resource or "-", each.sentence) for each in every]
    lines = table(("SCOPE", "RESOURCE", "WHAT PEOPLE ARE TOLD"), rows)
    return Answer({"scopes": [asdict(each) for each in every]}, lines)


async def _remove(given: Namespace) -> Answer:
    async with opened_registry(read_options(given)) as (registry, _):
        scope = await client_decisions.remove_scope(registry, given.name)
    if scope is None:
        raise NotDone(f"There is no scope {given.name}.")
    return Answer(asdict(scope), [f"Removed {scope.name}."])


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="SCOPE", help="such as photos:read")
    parser.add_argument("resource", metavar="RESOURCE", help="the address of the API it is of")
    parser.add_argument(
        "sentence", metavar="SENTENCE", help="what an application with it can do, for people"
    )


def _remove_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="SCOPE", help="such as photos:read")


VERBS = {
    "add": Verb(
        what="Add a scope of an API, with the sentence by which people decide.",
        run=_add,
        arguments=_add_arguments,
    ),
    "list": Verb(what="Show all scopes.", run=_list),
    "remove": Verb(
        what="Remove a scope that no application may ask for.",
        run=_remove,
        arguments=_remove_arguments,
    ),
}
