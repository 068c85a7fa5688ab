"""What the text of an option means.  Each raises `ValueError`, which says what would be right."""

import argparse
import re
from typing import Any, Literal

from ..types import Mode


def positive(text: str) -> int:
    """A whole number above 0."""
    return _at_least(1, text)


def from_zero(text: str) -> int:
    return _at_least(0, text)


def port(text: str) -> int:
    if (number := _at_least(0, text)) > 65535:
        raise ValueError("a port is at most 65535")
    return number


def password_length(text: str) -> int:
    """ASVS 6.2.1: eight characters are the least anybody should accept."""
    return _at_least(8, text)


def words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def several(text: str) -> tuple[str, ...]:
    """Words of an option that may be repeated: see `Adding`."""
    return words(text)


class Adding(argparse.Action):
    """Each use on the command line adds to those before it there; what the environment says is but
    the default."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        before = getattr(namespace, self.dest)
        added = values if before is self.default else (*before, *values)
        setattr(namespace, self.dest, added)


def mode(text: str) -> Mode:
    match text:
        case "session" | "token":
            return text
        case _:
            raise ValueError("session or token")


def modes(text: str) -> tuple[Mode, ...]:
    found = words(text)
    for word in found:
        if word not in ("session", "token"):
            raise ValueError(
                f"{word!r} is no mode; write session, token, or session,token for both"
            )
    return tuple(map(mode, found))


def signup(text: str) -> Literal["open", "closed"]:
    match text:
        case "open" | "closed":
            return text
        case _:
            raise ValueError("open or closed")


def when_full(text: str) -> Literal["end-oldest", "refuse"]:
    match text:
        case "end-oldest" | "refuse":
            return text
        case _:
            raise ValueError("end-oldest or refuse")


def text(text: str) -> str:
    if not text:
        raise ValueError("not empty")
    return text


def address(text: str) -> str | None:
    """Enough of RFC 5321: whatever else a header could begin or end with is refused."""
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", text):
        raise ValueError("an address like login@example.org")
    return text


def _at_least(least: int, text: str) -> int:
    # int() alone would also take "1_000", " 5 " and Arabic digits
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise ValueError(f"a whole number, {least} or more")
    return int(text)
