"""The names of scopes (RFC 6749 section 3.3)."""

import re
from collections.abc import Sequence

_NAME = re.compile(r"[!#-\[\]-~]+")


def checked(scope: str) -> Sequence[str]:
    """The names in `scope`.  Raises `ValueError` for one that can be none: it would end the header
    that it is quoted in."""
    names = scope.split()
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!a:.80} is not the name of a scope")
    return names
