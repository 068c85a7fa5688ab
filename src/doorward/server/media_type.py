"""The media type that a request names for its body."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# No name may end in `*` (RFC 8187): some readers decode such a parameter, others ignore it.
_NAME = r"[!#$%&'+.^_`|~0-9A-Za-z-]++"
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_QUOTED = r'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+"'
_TYPE = re.compile(f"{_WORD}/{_WORD}")
_PARAMETER = re.compile(rf"[ \t]*+;[ \t]*+(?:({_NAME})=({_WORD}|{_QUOTED}))?+")
_PAIR = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """`name` and the names of the parameters are in lower case."""

    name: str
    parameters: Mapping[str, str]

    @property
    def charset(self) -> str:
        """In lower case; UTF-8 unless it says otherwise."""
        return self.parameters.get("charset", "utf-8").lower()


def media_type(headers: Sequence[str]) -> MediaType | None:
    """From the values of `Content-Type` in Latin-1 (RFC 9110 section 8.3.1).

    None unless there is one value that every reader reads in the same way, so also for a parameter
    given twice.  Otherwise a proxy or a browser might read a form where this server reads JSON.
    """
    text = headers[0].strip(" \t") if len(headers) == 1 else ""
    found = _TYPE.match(text)
    if found is None:
        return None
    pairs = _pairs(text, found.end())
    parameters = dict(pairs or ())
    if pairs is None or len(parameters) != len(pairs):
        return None
    return MediaType(found[0].lower(), parameters)


def _pairs(text: str, position: int) -> list[tuple[str, str]] | None:
    pairs = []
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None:
            return None
        if found[1] is not None:
            pairs.append((found[1].lower(), _value(found[2])))
        position = found.end()
    return pairs


def _value(text: str) -> str:
    return _PAIR.sub(r"\1", text[1:-1]) if text.startswith('"') else text
