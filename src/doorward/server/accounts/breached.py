"""Passwords that were stolen elsewhere, looked up in a filter on this machine."""

import hashlib
from pathlib import Path

from .bloom import Bits
from .breached_file import Header, read_filter


class BreachedPasswords:
    """A filter, opened and found undamaged.  Safe to share between threads.

    It knows SHA-1 digests, as the public lists do: of secrets that are public already, so that
    nothing depends on the strength of SHA-1.
    """

    def __init__(self, header: Header, bits: Bits) -> None:
        self.header = header
        self._bits = bits

    def __contains__(self, password: str) -> bool:
        """Whether this password, letter for letter, is in the list, or seems to be; what is in
        the list is always found."""
        digest = digest_of(password.encode())
        return self.header.shape.holds(self._bits, digest)


def digest_of(password: bytes) -> bytes:
    """What the filter keeps of a password."""
    return hashlib.sha1(password, usedforsecurity=False).digest()


def open_breached(path: str | None) -> BreachedPasswords | None:
    """The filter at `path`, or None for none.  It is read once from end to end, to see that it is
    undamaged.  Raises `ConfigurationError` with a sentence for each fault."""
    return None if path is None else BreachedPasswords(*read_filter(Path(path)))
