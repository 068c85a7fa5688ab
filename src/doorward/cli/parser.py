"""Errors on the command line: one line that suggests the right word."""

import argparse
import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn

from .output import say

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_LACKING = re.compile(r"argument (--[a-z-]+): expected one argument")
_CHOICE = re.compile(r"invalid choice: '([^']*)'")


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and names `--help` instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        message = message.replace("arguments: -- ", "arguments: ")  # the dashes that we put there
        message = _LACKING.sub(lambda its: self._wanted(its[1]), message)
        print(f"{self.prog}: {message}{self._meant(message)}", file=sys.stderr)
        print(f"`{self.prog} --help` lists what it takes.", file=sys.stderr)
        self.exit(2)

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Unlike argparse's own, raises `NotDone` when stdout cannot take it, as on a full disk."""
        if file is None:
            say(self.format_help())
        else:
            super().print_help(file)

    def _wanted(self, option: str) -> str:
        (named,) = [each for each in self._actions if option in each.option_strings]
        values = named.metavar or ", ".join(map(str, named.choices or ()))
        return f"{option} needs a value: {values}"

    def _meant(self, message: str) -> str:
        known: list[str] = []
        for action in self._actions:
            known += [*action.option_strings, *map(str, action.choices or ())]
        for word in _slips(message):
            for near in get_close_matches(word, known, n=1):
                return f"; is {near} meant?"
        return ""


def _slips(message: str) -> Iterable[str]:
    if message.startswith("unrecognized arguments: "):
        return [word.partition("=")[0] for word in message.split() if word.startswith("--")]
    return _CHOICE.findall(message)
