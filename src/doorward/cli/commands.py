"""Commands that have verbs, such as `doorward users lock WHO`."""

import argparse
import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import DoorwardError, StoreMoved, StoreUnavailable
from ..server.command_options import add_options, read_options
from . import complain, overview
from .moved_notice import note_of_move, nothing_done
from .output import Answer, plain, show
from .parser import Parser

ALWAYS = ("database", "sessions", "root_key_file")
"""The options every verb takes, beside `--json`."""

FLAGS = frozenset(
    {
        *("--dry-run", "--json", "--no-password", "--public", "--help", "--with-admins"),
        *("--acts-for-itself", "--no-acts-for-itself", "--pkce-exempt", "--no-pkce-exempt"),
    }
)
"""The options that are not followed by a value."""

_ID = re.compile(r"[A-Za-z0-9_-]{22}|[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb: what it does, the options of the server it needs, and its own arguments."""

    what: str
    run: Callable[[argparse.Namespace], Awaitable[Answer]]
    options: tuple[str, ...] = ()
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None


def run(command: str, verbs: Mapping[str, Verb], argv: Sequence[str]) -> int:
    """Run the verb that `argv` begins with.  Returns the exit status."""
    if not argv:
        return overview(_overview(command, verbs))
    if argv[0] not in verbs:
        _overview(command, verbs).parse_args(argv[:1])  # says what is wrong, and exits
    name, *words = argv
    verb = verbs[name]
    parser = parser_of(f"doorward {command} {name}", verb.what, *ALWAYS, *verb.options)
    verb.arguments(parser)
    namespace = parser.parse_args(ordered(words))
    return carry_out(lambda: _carried_out(verb, namespace), as_json=namespace.json)


async def _carried_out(verb: Verb, given: argparse.Namespace) -> Answer:
    answer = await verb.run(given)
    note = await note_of_move(read_options(given))
    return answer if note is None else replace(answer, notes=[*answer.notes, note])


def parser_of(prog: str, what: str, *options: str) -> argparse.ArgumentParser:
    """A parser of these options of the server, or of all, and `--json`."""
    parser = Parser(
        prog=prog,
        description=f"{what} Each option that names a DOORWARD_ variable can be set there.",
        allow_abbrev=False,
    )
    add_options(parser, os.environ, *options)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def carry_out(act: Callable[[], Awaitable[Answer]], *, as_json: bool) -> int:
    """Do it and show the answer, or say in one sentence why not.  Returns the exit status."""

    async def done() -> Answer:
        return await act()

    try:
        answer = asyncio.run(done())
    except StoreMoved as error:
        return complain(plain(nothing_done(str(error))))
    except StoreUnavailable as error:
        cause = str(error).rstrip(".")
        return complain(plain(f"The database does not answer: {cause}."))
    except DoorwardError as error:
        return complain(plain(str(error)))
    except (KeyboardInterrupt, EOFError):
        return complain("Interrupted.")
    return show(answer, as_json=as_json)


def ordered(words: Sequence[str]) -> list[str]:
    """The options first, then, behind `--`, the rest.

    So options may stand anywhere after the verb, also between WHO and its roles; and a session or
    key id, one in 64 of which begins with a dash, is not taken for an option.
    """
    options: list[str] = []
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            rest += left
        elif not word.startswith("-") or _ID.fullmatch(word):
            rest.append(word)
        else:
            options.append(word)
            if word.startswith("--") and "=" not in word and word not in FLAGS:
                options += [value for value in (next(left, None),) if value is not None]
    return [*options, "--", *rest] if rest else options


def _overview(command: str, verbs: Mapping[str, Verb]) -> argparse.ArgumentParser:
    width = max(map(len, verbs))
    listed = "\n".join(f"  {name.ljust(width)}  {verb.what}" for name, verb in verbs.items())
    parser = Parser(
        prog=f"doorward {command}",
        usage=f"doorward {command} VERB ...",
        epilog=f"verbs:\n{listed}\n\n`doorward {command} VERB --help` explains one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=verbs, metavar="VERB")
    return parser
