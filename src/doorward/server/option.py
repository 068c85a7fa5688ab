"""One option of the server: how it is described, and how its text is read."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .platform import is_platforms

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `--name` on the command line, `variable` in the environment.

    `shown` is its default for people to read; `parse` raises `ValueError` for a bad value.
    """

    name: str
    variable: str
    metavar: str
    help: str
    default: Any
    shown: str
    parse: Callable[[str], Any]


def option(default: T, help: str, parse: Callable[[str], T], metavar: str, shown: str = "") -> T:
    """A field of `Options` with this default, described for people and parsers."""
    metadata = {"help": help, "parse": parse, "metavar": metavar, "shown": shown or str(default)}
    value: T = field(default=default, metadata=metadata)
    return value


class _Given(str):
    """A text from the environment."""

    __slots__ = ()


def default(option: Option, environ: Mapping[str, str]) -> Any:
    """The value of an option that the command line does not give."""
    given = environ.get(option.variable)
    if given is None or is_platforms(option.variable, given):
        return option.default
    return _Given(given)


def argument(option: Option) -> Callable[[str], Any]:
    """How argparse reads the text of an option."""

    def parse(text: str) -> Any:
        if isinstance(text, _Given) and not text:
            raise argparse.ArgumentTypeError(
                f"{option.variable} is set but empty; give it a value, or leave it out"
            )
        try:
            return option.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} (or {option.variable}): {error}") from None

    return parse
