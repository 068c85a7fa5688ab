"""`doorward clients`: other applications, as the operator registers them."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from ..server.command_options import read_options
from ..server.oauth.apply_decisions import end_grants
from ..server.oauth.client import RS256, Client, Registration
from ..server.oauth.scopes import Scope
from ..server.plural import counted
from ..types import system_clock
from .commands import Verb, run
from .open import opened_provider
from .output import Answer, NotDone, table, when


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("clients", VERBS, argv)


async def _add(given: Namespace) -> Answer:
    async with opened_provider(read_options(given)) as (provider, recorder):
        known = await provider.scopes.known()
        if unknown := [name for name in given.scope if name not in known]:
            raise NotDone(
                f"There is no scope {', '.join(unknown)}; `doorward scopes add` makes one."
            )
        registration = _registration(given, [known[name] for name in given.scope])
        client, secret = await provider.clients.add(registration, at=system_clock())
        await recorder.note("client_added", client=client.client_id, name=client.name)
    lines = [f"Added {client.name}, a {client.kind} client; its client id is {client.client_id}."]
    if secret is not None:
        lines += ["Its secret, which is shown here and never again:", secret]
    return Answer({**client.facts(), "client_secret": secret}, lines)


async def _list(given: Namespace) -> Answer:
    async with opened_provider(read_options(given)) as (provider, _):
        every = await provider.clients.all()
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


async def _disable(given: Namespace) -> Answer:
    async with opened_provider(read_options(given)) as (provider, recorder):
        client = await provider.clients.disable(given.client_id, at=system_clock())
        if client is None:
            raise NotDone(f"There is no client {given.client_id}.")
        ended = await end_grants(provider, client)
        await recorder.note("client_disabled", client=client.client_id, sessions=ended)
    return Answer(
        {**client.facts(), "grants_ended": ended},
        [f"Disabled {client.name}; {counted(ended, 'grant')} ended."],
    )


def _registration(given: Namespace, scopes: Sequence[Scope]) -> Registration:
    return Registration(
        name=given.name,
        kind="public" if given.public else "confidential",
        scopes=scopes,
        redirect_uris=given.redirect_uri,
        post_logout_uris=given.post_logout_uri,
        acts_for_itself=given.acts_for_itself,
        pkce_exempt=given.pkce_exempt,
        id_token_alg=given.id_token_alg,
    )


def _state(client: Client) -> str:
    return "active" if client.disabled_at is None else f"disabled {when(client.disabled_at)}"


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what people are told it is called")
    parser.add_argument(
        "--redirect-uri",
        metavar="URI",
        action="append",
        default=[],
        help="where people are sent back, letter for letter; may be repeated",
    )
    parser.add_argument(
        "--scope",
        metavar="SCOPE",
        action="append",
        default=[],
        help="what it may ask for; may be repeated",
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="it can keep no secret: an application in a browser, on a phone or a desktop",
    )
    parser.add_argument(
        "--post-logout-uri",
        metavar="URI",
        action="append",
        default=[],
        help="where it may send people after it logged them out here; may be repeated",
    )
    parser.add_argument(
        "--acts-for-itself",
        action="store_true",
        help="it may get tokens without a person (client credentials)",
    )
    parser.add_argument(
        "--pkce-exempt",
        action="store_true",
        help="it may leave out PKCE, and must send a nonce then",
    )
    parser.add_argument(
        "--id-token-alg",
        choices=[RS256],
        help="how its ID tokens are signed, instead of like access tokens",
    )


def _client(parser: ArgumentParser) -> None:
    parser.add_argument("client_id", metavar="CLIENT", help="the client id")


VERBS = {
    "add": Verb(
        what="Register an application, and print its client id and secret.",
        run=_add,
        arguments=_add_arguments,
    ),
    "list": Verb(what="Show all applications.", run=_list),
    "disable": Verb(
        what="Refuse an application from now on, and end all its grants.",
        run=_disable,
        arguments=_client,
    ),
}
