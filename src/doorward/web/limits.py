"""How often something may be done: which acts are counted together, and how many are allowed."""

import unicodedata
from dataclasses import dataclass
from hashlib import sha256

from ..settings import DAY, HOUR, MINUTE
from . import client

FEW, FEW_WINDOW = 10, 15 * MINUTE
"""Wrong guesses at one account from one source, or on one known device or in one session, and the
time they are counted in."""

FROM_ONE = 20
"""Such guesses in a day, however slowly they come: a fifth of `DAILY`, so that no one source, and
no one device, uses up the tries that the owner has elsewhere."""

DAILY = 100
"""Wrong guesses at one account in a day: from all sources together, and once more on all known
devices together (NIST SP 800-63B section 3.2.2, ASVS 6.3.1)."""

FROM_SOURCE = 50
"""Wrong guesses from one source address in 15 minutes, at any accounts."""

LETTERS, LETTERS_OF_ALL, LETTERS_WINDOW = 8, 10, HOUR
"""Letters of all kinds to one address that strangers may ask for in an hour: from one source, so
that no source uses up all that the owner may ask for, and from all together.  As many again may be
asked for on one device where the owner logged in before, and on all of these."""

FROM_LETTER = 5
"""Wrong guesses at the code in one letter, which has 40 bits."""

LETTERS_FROM = 50
"""Letters to any addresses that one source may ask for in 15 minutes, beside sign-ups."""

CHALLENGES = 120
"""Challenges for passkeys in a minute from one source address: a login page asks for one each time
that it is opened."""

FETCHES_FROM = 20
"""Documents of applications in a minute that one source address makes this server fetch, from hosts
of its choice."""

LONGEST_NAME = 256
"""Characters of a name that are looked at: a huge one must cost nothing, and no account has it."""

_OF_ACCOUNT = frozenset(
    {"account", "device", "devices", "session", "codes", "codes-at", "mail-code"}
)
"""How the keys of buckets begin in which the guesses at one account are counted."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Acts that are counted together: at most `most` under `key` in `window` seconds."""

    key: str
    window: int
    most: int

    @property
    def is_of_account(self) -> bool:
        """Whether these are guesses at one account, and not at many from one source."""
        return self.key.partition(":")[0] in _OF_ACCOUNT


def account_of(name: str) -> str:
    """The digest under which guesses at a name are counted: one for all its cases and Unicode forms
    (Unicode section 3.13, caseless matching), so that no spelling has guesses of its own.

    The name itself is not kept: somebody who has no account here may have typed it.
    """
    # cut after the spaces are gone: otherwise each length of padding would give another name
    folded = unicodedata.normalize("NFKC", name.strip()[: 4 * LONGEST_NAME]).casefold()
    plain = unicodedata.normalize("NFKC", folded).strip()[:LONGEST_NAME]
    return sha256(plain.encode("utf-8", "replace")).hexdigest()[:32]


def spelling_of(name: str) -> str:
    """The digest of a name as it is spelled, but for space around it and Unicode composition."""
    plain = unicodedata.normalize("NFC", name.strip()[: 4 * LONGEST_NAME])
    return sha256(plain.encode("utf-8", "replace")).hexdigest()[:32]


def stranger(address: str, account: str) -> tuple[Bucket, ...]:
    """Guesses from a source at one account, existing or not, by its `account_of`.

    To keep the owner out on a new device at another source takes guesses from `DAILY / FROM_ONE`
    sources, and lasts for a day.
    """
    key = f"account:{account}"
    whole = Bucket(f"{key}:day", DAY, DAILY)
    return source(address), *_from_one(f"{key}:{client.bucket(address)}"), whole


def device(name: str, subject: str) -> tuple[Bucket, ...]:
    """Guesses at a subject's password on a device where they logged in with it before: no stranger
    uses them up, and many devices have together no more than strangers have."""
    return *_from_one(f"device:{name}"), Bucket(f"devices:{subject}:day", DAY, DAILY)


def session(sid: str) -> tuple[Bucket, ...]:
    """Guesses by whoever holds this session: nobody outside it uses them up."""
    return _from_one(f"session:{sid}")


def codes(subject: str) -> tuple[Bucket, ...]:
    """Guesses at a person's codes by whoever proved the first factor and nothing else: such a
    guesser may know the password, so all sources count together."""
    return _from_one(f"codes:{subject}")


def codes_at(place: str, subject: str) -> tuple[Bucket, ...]:
    """Guesses at a person's codes on a known device or in a session, the name of which is `place`:
    who only knows the password uses none of them up."""
    return *_from_one(f"codes-at:{place}"), Bucket(f"codes-at:{subject}:day", DAY, DAILY)


def source(address: str) -> Bucket:
    """Guesses from one source address, or one IPv6 /64."""
    return Bucket(f"source:{client.bucket(address)}", FEW_WINDOW, FROM_SOURCE)


def clients(address: str) -> Bucket:
    """Requests of applications from one source that did not authenticate."""
    return Bucket(f"client-auth:{client.bucket(address)}", FEW_WINDOW, FROM_SOURCE)


def signups(address: str, most: int) -> Bucket:
    """Accounts asked for from one source address."""
    return Bucket(f"signup:{client.bucket(address)}", MINUTE, most)


def letters_from(address: str) -> Bucket:
    """Letters asked for from one source address, to whomever."""
    return Bucket(f"letters:{client.bucket(address)}", FEW_WINDOW, LETTERS_FROM)


def letters_to(account: str, address: str) -> tuple[Bucket, ...]:
    """Letters of all kinds to one address, existing or not, by its `account_of`, which are asked
    for from a source."""
    key = f"letters-to:{account}"
    here = Bucket(f"{key}:{client.bucket(address)}", LETTERS_WINDOW, LETTERS)
    return here, Bucket(key, LETTERS_WINDOW, LETTERS_OF_ALL)


def letters_on(device: str, subject: str) -> tuple[Bucket, ...]:
    """Letters to a person that are asked for on a device where they logged in before: no stranger
    uses them up."""
    here = Bucket(f"letters-on:{device}", LETTERS_WINDOW, LETTERS)
    return here, Bucket(f"letters-on:{subject}:all", LETTERS_WINDOW, LETTERS_OF_ALL)


def mail_codes(request: str) -> Bucket:
    """Guesses at the code in a letter that logs in: few, since a person copies it."""
    return Bucket(f"mail-code:{request}", FEW_WINDOW, FROM_LETTER)


def letters_by(subject: str) -> Bucket:
    """Letters to other addresses that somebody who is logged in asks for."""
    return Bucket(f"letters-by:{subject}", LETTERS_WINDOW, LETTERS_OF_ALL)


def alarms(subject: str) -> Bucket:
    """Letters that tell a person that too many guesses were made at their account."""
    return Bucket(f"alarm:{subject}", DAY, 1)


def challenges(address: str) -> Bucket:
    """Challenges for passkeys that one source address asks for: each is kept for a day."""
    return Bucket(f"challenge:{client.bucket(address)}", MINUTE, CHALLENGES)


def fetches(address: str) -> Bucket:
    """Documents that this server fetches because one source names them."""
    return Bucket(f"fetches:{client.bucket(address)}", MINUTE, FETCHES_FROM)


def _from_one(key: str) -> tuple[Bucket, ...]:
    return Bucket(key, FEW_WINDOW, FEW), Bucket(f"{key}:day", DAY, FROM_ONE)
