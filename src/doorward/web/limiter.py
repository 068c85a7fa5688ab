"""How many wrong guesses are allowed: counted in the store, so that a restart forgets none."""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from ..errors import Busy, Reason, Rejected
from ..settings import DAY, HOUR, MINUTE
from ..stores import Limits
from ..types import Clock
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

LONGEST_NAME = 256
"""Characters of a name that are looked at: a huge one must cost nothing, and no account has it."""

PATIENCE = 10
"""Seconds for which a guess waits for one that is being judged: a handler may hang."""


OF_ACCOUNT = frozenset(
    {"account", "device", "devices", "session", "codes", "codes-at", "mail-code"}
)
"""How the keys of buckets begin in which the guesses at one account are counted."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Acts that are counted together: at most `most` under `key` in `window` seconds."""

    key: str
    window: int
    most: int


class Full(Rejected):
    """Too many: `bucket` has no room for as many seconds as `retry_after` says."""

    def __init__(self, bucket: Bucket, wait: int) -> None:
        super().__init__(Reason.TOO_MANY_ATTEMPTS, retry_after=wait)
        self.bucket = bucket

    @property
    def is_of_account(self) -> bool:
        """Whether too many guesses were made at one account, and not at many from one source."""
        return self.bucket.key.partition(":")[0] in OF_ACCOUNT


class Counted(NamedTuple):
    """A bucket, and when something was counted in it."""

    bucket: Bucket
    at: int


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


def _from_one(key: str) -> tuple[Bucket, ...]:
    return Bucket(key, FEW_WINDOW, FEW), Bucket(f"{key}:day", DAY, FROM_ONE)


@dataclass(slots=True)
class _UnderWay:
    """The guesses of this process that are being judged in one bucket, and an event for those that
    wait."""

    guesses: int = 0
    judged: asyncio.Event = field(default_factory=asyncio.Event)


class Limiter:
    """Counts before it looks, so that a burst of guesses is counted too, and takes the count back
    when a guess was right: only failures count.

    A right guess that finds its bucket full of guesses still being judged waits for them: many
    good logins of one person at once are no attack.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._under_way: dict[str, _UnderWay] = {}

    async def count(self, bucket: Bucket) -> None:
        """Count one act that is limited whether it succeeds or not.  Raises
        `Rejected(too_many_attempts)`."""
        wait = await self._limits.hit(bucket.key, bucket.window, bucket.most, self._clock())
        if wait:
            raise Full(bucket, wait)

    async def guess(self, buckets: Sequence[Bucket], check: Callable[[], Awaitable[bool]]) -> bool:
        """Let `check` judge one guess, if all `buckets` have room for a failure.

        Raises `Rejected(too_many_attempts)` without a check; then none of them counted it.
        """
        guess = await self.begin(buckets)
        try:
            good = await check()
            if good:
                await guess.forgive()
        except Busy:
            await guess.forgive()
            raise
        finally:
            guess.end()
        return good

    async def begin(self, buckets: Sequence[Bucket]) -> "Guess":
        """Count a guess in all `buckets`, as wrong until it is forgiven.  It must be ended.

        Raises `Rejected(too_many_attempts)`; then none of them counted it.
        """
        guess = Guess(self)
        try:
            for bucket in buckets:
                guess.entered.append(await self._enter(bucket))
        except Rejected:
            await guess.forgive()
            raise
        except BaseException:
            guess.end()
            raise
        return guess

    async def forgive(self, entered: Sequence[Counted]) -> None:
        """Take back what a guess counted."""
        for bucket, at in entered:
            await self._limits.forgive(bucket.key, bucket.window, at)

    def leave(self, entered: Sequence[Counted], *, good: bool) -> None:
        """Let those who wait know that a guess was judged."""
        for bucket, _ in entered:
            self._ring(bucket.key, good)

    async def _enter(self, bucket: Bucket) -> Counted:
        while wait := await self._hit(bucket, at := self._clock()):
            others = self._under_way.get(bucket.key)
            if others is None or not await _rings(others.judged):
                raise Full(bucket, wait)
        return Counted(bucket, at)

    async def _hit(self, bucket: Bucket, at: int) -> int:
        wait = await self._limits.hit(bucket.key, bucket.window, bucket.most, at)
        if not wait:
            self._under_way.setdefault(bucket.key, _UnderWay()).guesses += 1
        return wait

    def _ring(self, key: str, good: bool) -> None:
        """Wake those that wait, if there may be room now or no guess is being judged any more."""
        place = self._under_way[key]
        place.guesses -= 1
        if good or not place.guesses:
            place.judged.set()
            place.judged = asyncio.Event()
        if not place.guesses:
            del self._under_way[key]


@dataclass(slots=True)
class Guess:
    """A guess that is being judged.  It counts as wrong, unless it is forgiven before it ends."""

    limiter: Limiter
    entered: list[Counted] = field(default_factory=list)
    under_way: bool = True

    async def forgive(self) -> None:
        """It was right, or nobody judged it: take back what it counted, and let those who wait for
        it try.  Does nothing once the guess has ended."""
        entered, self.entered = self.entered, []
        under_way, self.under_way = self.under_way, False
        try:
            await self.limiter.forgive(entered)
        finally:
            if under_way:
                self.limiter.leave(entered, good=True)

    def answer(self) -> None:
        """Its client was told something, so nobody waits for it any longer.  It may still be right,
        where that was no verdict.  Idempotent."""
        if self.under_way:
            self.under_way = False
            self.limiter.leave(self.entered, good=False)

    def end(self) -> None:
        """Count the guess as wrong unless it was forgiven, also if it was cut off.  Idempotent."""
        self.answer()
        self.entered = []


async def _rings(bell: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), PATIENCE)
    except TimeoutError:
        return False
    return True
