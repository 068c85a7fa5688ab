"""The options on a command line and in the environment."""

import argparse
from collections.abc import Mapping

from . import values
from .option import argument, default
from .options import OPTIONS, Options


def add_options(parser: argparse.ArgumentParser, environ: Mapping[str, str], *names: str) -> None:
    """Give a parser these options, or all.  What the environment says is their default, and is
    judged as if it stood on the command line; but empty it is refused, whatever the option: who
    meant a value must not get the default."""
    given = {name for name in names or OPTIONS if OPTIONS[name].variable in environ}
    parser.set_defaults(from_environment=frozenset(given))
    for field_name in names or OPTIONS:
        option = OPTIONS[field_name]
        parser.add_argument(
            f"--{option.name}",
            metavar=option.metavar,
            type=argument(option),
            action=values.Adding if option.parse in values.REPEATED else values.Setting,
            default=default(option, environ),
            help=f"{option.help} (default: {option.shown}; {option.variable})".replace("%", "%%"),
        )


def read_options(namespace: argparse.Namespace) -> Options:
    """The options of a parsed command line; those its parser does not know keep their defaults.

    Raises `ConfigurationError` for two that do not go together.
    """
    known = (*OPTIONS, "from_environment")
    given = {name: getattr(namespace, name) for name in known if hasattr(namespace, name)}
    return Options(**given)
