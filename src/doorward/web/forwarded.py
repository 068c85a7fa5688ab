"""What the proxies on the way wrote into a request, from the nearest proxy on.

Either `X-Forwarded-For` and `X-Forwarded-Proto` are read, or `Forwarded` (RFC 7239), as the
operator says, and never one where the other is missing: a proxy that writes one of the two passes
on what a client wrote into the other, and no request shows which of them that was.
"""

import re
from collections.abc import Sequence

from .transport import Header

MAX_HOPS = 32
"""How many entries of a list, from the right, are looked at."""

_PAIR = r"""([!#$%&'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s",;=]+)"""
_PAIRS = re.compile(_PAIR)
_ELEMENT = re.compile(rf"\s*(?:{_PAIR}\s*)?(?:;\s*(?:{_PAIR}\s*)?)*")

Element = dict[str, str]
"""The parameters that one proxy wrote, by their lower-case names."""


def addresses(headers: Sequence[Header], *, standard: bool) -> list[str]:
    """The address from which each proxy was asked, empty where it does not say."""
    return _standard(headers, "for") if standard else _list(headers, b"x-forwarded-for")


def schemes(headers: Sequence[Header], *, standard: bool) -> list[str]:
    """By which scheme each proxy was asked, in lower case, empty where it does not say."""
    said = _standard(headers, "proto") if standard else _list(headers, b"x-forwarded-proto")
    return [each.lower() for each in said]


def _list(headers: Sequence[Header], name: bytes) -> list[str]:
    lines = _lines(headers, name)
    entries = ",".join(lines).rsplit(",", MAX_HOPS) if lines else []
    return [each.strip(" \t") for each in reversed(entries)]


def _standard(headers: Sequence[Header], parameter: str) -> list[str]:
    found = [each for line in reversed(_lines(headers, b"forwarded")) for each in _elements(line)]
    return [element.get(parameter, "") for element in found[:MAX_HOPS]]


def _lines(headers: Sequence[Header], name: bytes) -> list[str]:
    return [value.decode("latin-1") for each, value in headers if each == name]


def _elements(line: str) -> list[Element]:
    """From the right, so that no quotation mark that a client left open swallows what a proxy wrote
    after it."""
    found: list[Element] = []
    text: str | None = None
    for part in reversed(line.rsplit(",", MAX_HOPS)):
        text = part if text is None else f"{part},{text}"
        if _ELEMENT.fullmatch(text):
            found.append(_element(text))
            text = None
    return found if text is None else [*found, {}]


def _element(text: str) -> Element:
    """Empty if it names a parameter twice, which leaves no telling which."""
    pairs = [(name.lower(), _unquoted(value)) for name, value in _PAIRS.findall(text)]
    return dict(pairs) if len(dict(pairs)) == len(pairs) else {}


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
