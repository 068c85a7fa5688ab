"""The payload of a token of ours as claims, read strictly."""

import json

from .errors import Reason, Rejected


def decoded(payload: bytes, what: str) -> dict[str, object]:
    """The claims of `what`.  Raises `Rejected(malformed)` for anything but a JSON object in UTF-8,
    and for one that names a claim twice."""
    try:
        claims = json.loads(payload.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Rejected(Reason.MALFORMED, f"{what} payload") from None
    if type(claims) is not dict:
        raise Rejected(Reason.MALFORMED, f"{what} payload")
    return claims


def a_time(value: object) -> int:
    """Seconds since 1970.  Raises `TypeError`."""
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def a_text(value: object) -> str:
    """Raises `TypeError`."""
    if type(value) is not str:
        raise TypeError("not a string")
    return value


def texts(value: object) -> list[str]:
    """Raises `TypeError`."""
    if type(value) is not list:
        raise TypeError("not a list")
    return [a_text(item) for item in value]


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # two readers of a duplicated claim may believe different ones (RFC 8725bis; RFC 7519 s. 4)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate claim")
    return found
