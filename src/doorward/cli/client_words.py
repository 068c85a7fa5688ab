"""The arguments of `doorward clients`, and what they say about an application."""

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from typing import Any, cast

from ..server.oauth.client import RS256, Changes
from ..server.oauth.clients import OVERLAP
from ..server.values import duration_from_zero

DEFAULT_ALG = "default"

_REPEATED = {
    "redirect_uri": ("redirect_uris", "where people are sent back, letter for letter"),
    "post_logout_uri": (
        "post_logout_uris",
        "where it may send people after it logged them out here",
    ),
    "scope": ("scopes", "what it may ask for"),
}
"""Options that are repeated, the members that they stand for, and what these are."""

_FLAGS = {
    "acts_for_itself": "it may get tokens without a person (client credentials)",
    "pkce_exempt": "it may leave out PKCE, and must send a nonce then",
}

_ALG = "how its ID tokens are signed, instead of like access tokens"


def add_arguments(parser: ArgumentParser) -> None:
    """What `clients add` takes."""
    parser.add_argument("name", metavar="NAME", help="what people are told it is called")
    _add_repeated(parser, "may be repeated", [])
    parser.add_argument(
        "--public",
        action="store_true",
        help="it can keep no secret: an application in a browser, on a phone or a desktop",
    )
    for name, what in _FLAGS.items():
        parser.add_argument(_option(name), action="store_true", help=what)
    parser.add_argument("--id-token-alg", choices=[RS256], help=_ALG)


def edit_arguments(parser: ArgumentParser) -> None:
    """What `clients edit` takes: what is left out stays as it is."""
    client_argument(parser)
    parser.add_argument("--name", metavar="NAME", help="what people are told it is called")
    _add_repeated(parser, "replaces all of them; may be repeated; '' alone is none", None)
    for name, what in _FLAGS.items():
        parser.add_argument(_option(name), action=BooleanOptionalAction, help=what)
    parser.add_argument("--id-token-alg", choices=[RS256, DEFAULT_ALG], help=_ALG)


def rotate_arguments(parser: ArgumentParser) -> None:
    """What `clients rotate-secret` takes."""
    client_argument(parser)
    parser.add_argument(
        "--overlap",
        metavar="TIME",
        type=_duration,
        default=OVERLAP,
        help="how long the old secret still works; 0 ends it at once (default: 24h)",
    )


def client_argument(parser: ArgumentParser) -> None:
    """The client that is meant."""
    parser.add_argument("client_id", metavar="CLIENT", help="the client id")


def said_words(given: Namespace) -> Changes:
    """What `clients add` says."""
    lists = {member: getattr(given, name) for name, (member, _) in _REPEATED.items()}
    flags = {name: getattr(given, name) for name in _FLAGS}
    said = {"name": given.name, "id_token_alg": given.id_token_alg, **lists, **flags}
    return cast("Changes", said)


def changed_words(given: Namespace) -> Changes:
    """What `clients edit` says."""
    said: dict[str, Any] = {name: getattr(given, name) for name in ("name", *_FLAGS)}
    for name, (member, _) in _REPEATED.items():
        values = getattr(given, name)
        said[member] = None if values is None else [text for text in values if text]
    said = {name: value for name, value in said.items() if value is not None}
    if given.id_token_alg is not None:
        said["id_token_alg"] = None if given.id_token_alg == DEFAULT_ALG else given.id_token_alg
    return cast("Changes", said)


def _add_repeated(parser: ArgumentParser, how: str, default: list[str] | None) -> None:
    for name, (_, what) in _REPEATED.items():
        parser.add_argument(
            _option(name),
            metavar="SCOPE" if name == "scope" else "URI",
            action="append",
            default=default if default is None else [*default],
            help=f"{what}; {how}",
        )


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _duration(text: str) -> int:
    try:
        return duration_from_zero(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
