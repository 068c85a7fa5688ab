"""The command `doorward`: one file per command, loaded only when it is called."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from .output import NotDone, say
from .parser import Parser

COMMANDS: dict[str, str] = {
    "serve": "Serve the pages and the API.",
    "users": "Create, list, lock, change and delete users.",
    "sessions": "See where people are logged in, and end sessions.",
    "keys": "See, rotate and withdraw the keys that sign access tokens.",
    "clients": "Register other applications, change and disable them.",
    "scopes": "Say what other applications may ask people for.",
    "resources": "See the APIs of the scopes, and who may ask for them.",
    "grants": "See what applications may do for people, and end it.",
    "audit": "Prove that the audit log was not tampered with.",
    "passwords": "Make a filter of stolen passwords, and check a password.",
    "migrate": "Make the tables, or bring them up to date.",
    "move": "Bring everything to other databases while the servers serve.",
    "doctor": "List what is unsafe or surprising in a setup.",
    "attack": "Attack an instance of this machine, and say what held.",
    "compare": "Measure sessions and tokens side by side on this machine.",
    "advise": "Recommend a mode, a transport and lifetimes for an application.",
}
"""Every command and what it does; `doorward.cli.NAME` has its `main(argv) -> int`."""

REFUSED = 1
"""Exit status: a request that cannot be done, with one sentence on stderr."""

USAGE = 2
"""Exit status of wrong usage, and of a command whose extra is not installed."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.  Returns its exit status: 0 done, 1 refused, 2 usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        os.getcwd()
    except FileNotFoundError:
        return complain("the working directory was deleted; change to one that exists")
    try:
        try:
            return _run(words)
        finally:
            say("")  # flushes the output of argparse
    except NotDone as error:
        return complain(error)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("", "doorward"):
            raise
        complain(
            f"`doorward {words[0]}` needs the extra `server`, without which {error.name} is not"
            " installed: pip install '.[server]' in a checkout of Doorward"
        )
        return USAGE


def _run(words: Sequence[str]) -> int:
    if words and words[0] in COMMANDS:
        run = import_module(f"{__name__}.{words[0]}").main
        return int(run(words[1:]))
    parser = _parser()
    if not words:
        return overview(parser)
    parser.parse_args(words)
    return 0


def overview(parser: argparse.ArgumentParser) -> int:
    """Show what there is to choose from to who chose nothing.  Returns the exit status for it."""
    parser.print_help(sys.stderr)
    return USAGE


def complain(sentence: object) -> int:
    """Say on stderr why something cannot be done.  Returns the exit status for it."""
    print(f"doorward: {sentence}", file=sys.stderr)
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name.ljust(width)}  {what}" for name, what in COMMANDS.items())
    parser = Parser(
        prog="doorward",
        description="Keeps people logged in.",
        epilog=f"commands:\n{listed}\n\n`doorward COMMAND --help` explains one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that reads files."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        say(f"doorward {version('doorward')}\n")
        parser.exit(0)
