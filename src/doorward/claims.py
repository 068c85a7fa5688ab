"""The payload of a token of ours as claims, read strictly."""

import json
from collections.abc import Mapping

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


def key_bound_to(claims: Mapping[str, object]) -> str:
    """The thumbprint of the key that an access token is bound to (RFC 9449 section 6.1), or empty.
    Another way of confirmation is not ours, and nobody may skip it (RFC 7800 section 3.1).  Raises
    `TypeError` and `ValueError`."""
    if "cnf" not in claims:
        return ""
    cnf = claims["cnf"]
    if type(cnf) is not dict or cnf.keys() != {"jkt"} or not cnf["jkt"]:
        raise ValueError("cnf")
    return a_text(cnf["jkt"])


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # two readers of a duplicated claim may believe different ones (RFC 8725bis; RFC 7519 s. 4)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate claim")
    return found
