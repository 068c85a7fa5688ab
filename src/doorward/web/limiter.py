"""Counts what is limited, in the store, so that a restart forgets nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import Busy, Reason, Rejected
from ..stores import Limits
from ..types import Clock
from .limits import Bucket

PATIENCE = 10
"""Seconds for which a guess waits for one that is being judged: a handler may hang."""


class Full(Rejected):
    """Too many: `bucket` has no room for as many seconds as `retry_after` says."""

    def __init__(self, bucket: Bucket, wait: int) -> None:
        super().__init__(Reason.TOO_MANY_ATTEMPTS, retry_after=wait)
        self.bucket = bucket


class Counted(NamedTuple):
    """A bucket, and when something was counted in it."""

    bucket: Bucket
    at: int


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
