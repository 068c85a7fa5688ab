"""Which passwords people may choose."""

import gzip
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Protocol

from .passwords import Unacceptable, UnacceptablePassword, normalise, prepare

_PRODUCT = "doorward"
_SHORTEST_WORD = 3  # Shorter parts of an address occur in too many good passwords.
_NOT_TYPED = ("Cc", "Zl", "Zp")  # control characters, line and paragraph separators
_LOOKALIKES = str.maketrans("013457@$", "oieastas")


class StolenPasswords(Protocol):
    """A list of stolen passwords, such as a set of them."""

    def __contains__(self, password: str, /) -> bool: ...


def check_password(
    password: str,
    *,
    email: str,
    minimum: int,
    site: str = "",
    breached: StolenPasswords | None = None,
) -> None:
    """Raise `UnacceptablePassword` unless this is fit to be a new password for `email`.

    `too_short`: fewer than `minimum` code points in Unicode form NFC; `too_long`, `malformed`: as
    `doorward.passwords.prepare` says; `malformed` also with a control character or line end, which
    no password field can repeat (RFC 8265 section 4.2); `common`: in the list that attackers try
    first, whatever its case (ASVS 6.2.4), looked up without any network; `breached`: in the filter
    of the operator, as it was typed or in small letters (ASVS 6.2.12); `contextual`: what is left
    without the words of `site`, the name of the service, of the e-mail address and this product's
    name, forwards or backwards, with digits for letters or not, is itself fewer than `minimum`
    (ASVS 6.1.2, 6.2.11).  There are no rules about which characters to mix (ASVS 6.2.5).
    """
    prepare(password)
    if any(unicodedata.category(each) in _NOT_TYPED for each in password):
        raise UnacceptablePassword(
            Unacceptable.MALFORMED,
            "The password holds a control character, such as a tab or a line end.",
        )
    if len(normalise(password)) < minimum:
        raise UnacceptablePassword(
            Unacceptable.TOO_SHORT, f"The password needs at least {minimum} characters."
        )
    if _fold(password) in _common():
        raise UnacceptablePassword(
            Unacceptable.COMMON, "This password is one of the first that attackers try."
        )
    if breached is not None and any(form in breached for form in _forms(password)):
        raise UnacceptablePassword(
            Unacceptable.BREACHED,
            "This password is in a list of stolen passwords, which attackers try first.",
        )
    if _is_contextual(_fold(password), _words(_fold(email), _fold(site)), minimum):
        raise UnacceptablePassword(
            Unacceptable.CONTEXTUAL,
            "The password is too close to the e-mail address or the name of this service.",
        )


def _forms(password: str) -> set[str]:
    """As it was typed, as it is hashed, and as whoever varies a stolen one begins: mostly one or
    two."""
    return {password, normalise(password), _fold(password)}


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(email: str, site: str) -> list[str]:
    """What belongs to this person and this service: the address's local part, whole and in
    pieces, its domain but for the last label, the name of the service likewise, and the product."""
    local, _, domain = email.rpartition("@")
    name = re.split(r"[\W_]+", site)
    pieces = [local, *re.split(r"[\W_]+", local), *domain.split(".")[:-1], *name, "".join(name)]
    pieces.append(_PRODUCT)
    return [word for word in pieces if len(word) >= _SHORTEST_WORD]


def _is_contextual(password: str, words: list[str], minimum: int) -> bool:
    both = (_without(password, words), _without(_plain(password), [_plain(w) for w in words]))
    # Folding may shorten a password; that alone is not held against it.
    return min(len(rest) for rest in both) < min(minimum, len(password))


def _without(password: str, words: list[str]) -> str:
    forms = sorted({form for word in words for form in (word, word[::-1])}, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, forms)), "", password)


def _plain(text: str) -> str:
    return text.translate(_LOOKALIKES)


@cache
def _common() -> frozenset[str]:
    packed = files("doorward").joinpath("data/common-passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().splitlines())
