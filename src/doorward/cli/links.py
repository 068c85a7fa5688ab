"""Links that an operator hands over: what is checked before one is made, and said with it."""

from ..server.accounts.user import User
from ..server.options import Options
from ..settings import Settings
from .output import when


def check_origin(options: Options) -> None:
    """A link to another machine over plain http would hand the account to anyone on the way."""
    Settings(public_origin=options.origin)


def link_lines(user: User, link: str, ends_at: int) -> list[str]:
    """What the bearer of a link can do, until when, and the link."""
    return [
        f"With this link {user.email} can choose a password, once, until {when(ends_at)} UTC.",
        "So can anybody else who has it: hand it over in a safe way.",
        link,
    ]


def link_notes(options: Options) -> list[str]:
    """A note, where nobody said which server the link leads to."""
    if options.public_origin is not None or options.port != Options().port:
        return []
    given = "give the --port or --public-origin of the server if it has another"
    return [f"Note: the link leads to {options.base_url}, the default; {given}."]
