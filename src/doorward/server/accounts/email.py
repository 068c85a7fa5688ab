"""E-mail addresses: one form for each mailbox, or a refusal."""

import re
import unicodedata
from collections.abc import Sequence

from email_validator import EmailNotValidError, validate_email

from ...errors import DoorwardError

LONGEST = 254
"""Octets of an address as mail carries it (RFC 5321 section 4.5.3.1.3, less the brackets)."""

# Dotless i, whose capital is that of i; i with a dot above, which looks like i and is what the
# Turkish capital becomes; and what cannot be seen at all: fillers, joiners, variation selectors.
# And `=?`, which begins a word in another spelling (RFC 2047): mail programs would decode it into
# somebody else's address, or into several.
_MISLEADING = re.compile(
    r"=\?|"
    "\u0131|i\u0307|[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


class InvalidEmail(DoorwardError, ValueError):
    """Not an address that can name an account.  The text is a plain sentence for the person who
    typed it, and does not repeat what they typed."""


def canonical(email: str) -> str:
    """The one form under which an address is stored, looked up and written to.

    The part before the @ in lower case and Unicode form NFC, the domain in its ASCII form
    (`xn--...`, IDNA 2008), both within 254 octets, without the white space around it that phone
    keyboards add; applying it twice changes nothing.  No DNS look-up is made, and
    `user@example.test` is accepted, for trials.

    Raises `InvalidEmail` for what is no address, for quoted names, domains without a dot and those
    that no mail reaches (`.local`, `.localhost`, `.invalid`), for control, direction and joining
    characters, and for letters with a second reading before the @ (full-width, ligatures, dotless
    i), which one mail server may take for another person's name.  Lower case and not case folding:
    folding makes `ß` and `ss` one, but these are two mailboxes, and what is sent to one must not
    reach the other.
    """
    email = email.strip()
    if len(email) > LONGEST:
        raise InvalidEmail("This e-mail address is too long.")
    try:
        parts = validate_email(
            email, check_deliverability=False, strict=True, test_environment=True
        )
    except EmailNotValidError:
        raise InvalidEmail("This does not look like an e-mail address.") from None
    local = unicodedata.normalize("NFC", parts.local_part.lower())
    if unicodedata.normalize("NFKC", local) != local or _MISLEADING.search(local):
        raise InvalidEmail("Write the e-mail address in plain letters, without special forms.")
    address = f"{local}@{parts.ascii_domain}"
    if len(address.encode()) > LONGEST:
        raise InvalidEmail("This e-mail address is too long.")
    return address


def forms(piece: str) -> Sequence[str]:
    """The forms that a piece of an address may have in a stored one: before the @, and in the
    domain, where only whole labels are found (`müller`, but not `mülle`)."""
    plain = unicodedata.normalize("NFC", piece.lower())
    before, at, domain = plain.rpartition("@")
    try:
        stored = canonical(f"x@{domain}.test").removeprefix("x@").removesuffix(".test")
    except InvalidEmail:
        return (plain,)
    return plain, f"{before}{at}{stored}"
