"""`doorward scopes`: what applications may ask people for."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict

from ..server.command_options import read_options
from ..server.oauth.scopes import STANDARD, Scope
from .commands import Verb, run
from .open import opened_provider
from .output import Answer, table


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("scopes", VERBS, argv)


async def _add(given: Namespace) -> Answer:
    scope = Scope(name=given.name, resource=given.resource, sentence=given.sentence)
    async with opened_provider(read_options(given)) as (provider, recorder):
        await provider.scopes.add(scope)
        await recorder.note("scope_added", scope=scope.name, resource=scope.resource)
    return Answer(asdict(scope), [f"Added {scope.name}, a scope of {scope.resource}."])


async def _list(given: Namespace) -> Answer:
    async with opened_provider(read_options(given)) as (provider, _):
        every = [*STANDARD.values(), *await provider.scopes.all()]
    rows = [(each.name, each.resource or "-", each.sentence) for each in every]
    lines = table(("SCOPE", "RESOURCE", "WHAT PEOPLE ARE TOLD"), rows)
    return Answer({"scopes": [asdict(each) for each in every]}, lines)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="SCOPE", help="such as photos:read")
    parser.add_argument("resource", metavar="RESOURCE", help="the address of the API it is of")
    parser.add_argument(
        "sentence", metavar="SENTENCE", help="what an application with it can do, for people"
    )


VERBS = {
    "add": Verb(
        what="Add a scope of an API, with the sentence by which people decide.",
        run=_add,
        arguments=_add_arguments,
    ),
    "list": Verb(what="Show all scopes.", run=_list),
}
