"""Parsers for the texts of options.  Each raises `ValueError`, which says what would be right."""

import argparse
import re
from typing import Any, Literal

from ..duration import LONGEST, seconds
from ..settings import MAX_PLACES
from ..types import Mode

MAX_WORKERS = 1024
"""More processes than any machine has cores today: a typing error must not fork without end."""


def count(text: str) -> int:
    return _at_most(MAX_PLACES, _at_least(1, text))


def workers(text: str) -> int:
    return _at_most(MAX_WORKERS, _at_least(1, text))


def duration(text: str) -> int:
    """A duration in seconds: text as in `duration.seconds`, or a bare number of seconds."""
    found = duration_from_zero(text)
    if not 0 < found <= LONGEST:
        raise ValueError("a time from one second to a hundred years")
    return found


def duration_from_zero(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return seconds(text)
    except ValueError:
        raise ValueError("whole seconds, or a time such as 90s, 15m, 12h or 14d") from None


def port(text: str) -> int:
    return _at_most(65535, _at_least(0, text))


def password_length(text: str) -> int:
    """ASVS 6.2.1: eight characters are the least anybody should accept."""
    return _at_least(8, text)


def words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def several(text: str) -> tuple[str, ...]:
    """Words of an option that may be repeated: see `Adding`."""
    return words(text)


def factor_roles(text: str) -> tuple[str, ...]:
    """Names of roles, or `all`; of an option that may be repeated: see `Adding`."""
    found = words(text)
    for word in found:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}", word):
            raise ValueError(f"all, or a role; {word!r} is no name of a role")
    return found


REPEATED = (several, factor_roles)
"""The parsers of options that may be repeated."""


class Setting(argparse.Action):
    """Notes that the command line gave an option, and not the environment."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, values)
        namespace.from_environment -= {self.dest}


class Adding(Setting):
    """Each use on the command line adds to the earlier ones there; the environment is only the
    default."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        before = getattr(namespace, self.dest)
        added = values if before is self.default else (*before, *values)
        super().__call__(parser, namespace, added, option_string)


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


def switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("on or off")
    return text == "on"


def applications(text: str) -> Literal["operator", "listed", "documents"]:
    match text:
        case "operator" | "listed" | "documents":
            return text
        case _:
            raise ValueError("operator, listed or documents")


def signup(text: str) -> Literal["open", "closed"]:
    match text:
        case "open" | "closed":
            return text
        case _:
            raise ValueError("open or closed")


def verify(text: str) -> Literal["first", "later", "off"]:
    match text:
        case "first" | "later" | "off":
            return text
        case _:
            raise ValueError("first, later or off")


def when_full(text: str) -> Literal["end-oldest", "refuse"]:
    match text:
        case "end-oldest" | "refuse":
            return text
        case _:
            raise ValueError("end-oldest or refuse")


def mount_path(text: str) -> str:
    """A path such as `/auth`, which every server takes to the letter."""
    path = text.rstrip("/")
    if path and not re.fullmatch(r"(?:/[A-Za-z0-9_-]+)+", path):
        raise ValueError("a path like /auth, of letters, digits, - and _")
    return path


def host(given: str) -> str:
    """An IPv6 address may be in brackets, as in a URL."""
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.%]+)\]", given)
    return bracketed[1] if bracketed else text(given)


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


def _at_most(most: int, number: int) -> int:
    if number > most:
        raise ValueError(f"{most} at most")
    return number
