"""Known devices: a browser on which a person logged in before, so that nobody else's wrong guesses
lock them out there (OWASP: device cookies)."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from secrets import token_bytes

from ..errors import Rejected
from ..keys import base64url
from ..settings import DAY
from .transport import Header, Headers, named

COOKIE = "__Host-device"

LIFETIME = 365 * DAY
"""Seconds a browser remembers; each login there begins them anew."""

MOST = 5
"""People one browser remembers; the one who logged in longest ago is forgotten first."""

_NAME, _MAC = 16, 16  # bytes of a mark, which is base64url of both
_LETTERS = 21  # of a mark that are of its name alone


class Devices:
    """Marks browsers and knows them again.  A mark proves no identity and opens nothing: it only
    says that `whose` password was right there, in words that no store needs to keep.

    `whose` names a person, and should change with their password: who knew the old one may have
    made many marks."""

    def __init__(self, keys: Sequence[bytes], suffix: str = "") -> None:
        self._keys = tuple(keys)
        self._cookie = named(COOKIE, suffix)

    def recognise(self, headers: Headers, whose: bytes) -> str | None:
        """The name of this device, if it was marked for `whose`."""
        mark = self._find(self.marks(headers), whose)
        return None if mark is None else mark[:_LETTERS]

    def digests(self, headers: Headers) -> list[str]:
        """The marks of a request in a form that may be stored: `recognise_digest` knows them, and
        nobody makes a cookie of them, who reads the store."""
        return [_digest_of(mark) for mark in self.marks(headers)]

    def recognise_digest(self, digests: Sequence[str], whose: bytes) -> str | None:
        """As `recognise`, by what `digests` gave."""
        for digest in filter(_is_mark, digests):
            name = base64url.decode(digest.encode())[:_NAME]
            for key in self._keys:
                mark = base64url.encode(name + _mac(key, name, whose)).decode()
                if hmac.compare_digest(_digest_of(mark), digest):
                    return digest[:_LETTERS]
        return None

    def remember(self, headers: Headers, whose: bytes) -> Header:
        """The header that marks this browser for `whose`, beside those it knows already."""
        marks = self.marks(headers)
        mine = self._find(marks, whose) or self._mint(whose)
        kept = [mine, *(mark for mark in marks if mark != mine)][:MOST]
        value = f"{self._cookie}={'.'.join(kept)}; Max-Age={LIFETIME}"
        return b"set-cookie", f"{value}; Path=/; Secure; HttpOnly; SameSite=Lax".encode()

    def marks(self, headers: Headers) -> list[str]:
        """The well-formed marks of a request, which anybody can make up; none when its cookie came
        twice."""
        cookies = b"; ".join(value for name, value in headers if name == b"cookie")
        # another space than these two is part of the name, as in every other reader of ours
        pairs = [pair.strip(" \t").partition("=") for pair in cookies.decode("latin-1").split(";")]
        values = [value for name, _, value in pairs if name == self._cookie]
        if len(values) != 1:
            return []
        return [mark for mark in values[0].split(".")[:MOST] if _is_mark(mark)]

    def _mint(self, whose: bytes) -> str:
        name = token_bytes(_NAME)
        return base64url.encode(name + _mac(self._keys[0], name, whose)).decode()

    def _find(self, marks: Sequence[str], whose: bytes) -> str | None:
        return next((mark for mark in marks if self._is_of(mark, whose)), None)

    def _is_of(self, mark: str, whose: bytes) -> bool:
        raw = base64url.decode(mark.encode())
        name, mac = raw[:_NAME], raw[_NAME:]
        return any([hmac.compare_digest(_mac(key, name, whose), mac) for key in self._keys])


def _mac(key: bytes, name: bytes, whose: bytes) -> bytes:
    # The name is of one length: no two read alike.
    return hmac.digest(key, name + whose, "sha256")[:_MAC]


def _digest_of(mark: str) -> str:
    """The name of a mark, and a digest in the place of its MAC."""
    raw = base64url.decode(mark.encode())
    return base64url.encode(raw[:_NAME] + sha256(raw).digest()[:_MAC]).decode()


def _is_mark(text: str) -> bool:
    """Whether this has the form of a mark, in the one spelling that we give it."""
    try:
        return len(base64url.decode(text.encode())) == _NAME + _MAC
    except Rejected:
        return False
