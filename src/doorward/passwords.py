"""Passwords: hashed by Argon2id beside the event loop, never more at once than memory allows.

Hashes of other systems verify as well (`password_hashes`), until the next login makes a new one.
"""

import asyncio
import os
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import argon2

from .errors import Busy as Busy
from .errors import ConfigurationError, DoorwardError
from .password_hashes import UnknownHash, check_argon2, parse

LONGEST = 128
"""The longest password, in code points after normalisation."""

_WIDEST = 4  # No character's canonical decomposition (NFD) is longer than four code points.
_ENOUGH = ((47104, 1), (19456, 2), (12288, 3))  # (KiB, passes), OWASP; ASVS 11.4.2
_RETRY_AFTER = 2  # Seconds; a full line of 64 is through one worker in 1.3.

_T = TypeVar("_T")


class Unacceptable(StrEnum):
    """Why a new password is refused: stable, machine-readable, safe to show."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    BREACHED = "breached"
    CONTEXTUAL = "contextual"
    MALFORMED = "malformed"


class UnacceptablePassword(DoorwardError):
    """A new password is refused.  `code` is stable, the text one plain sentence for the person
    who chose it; neither holds the password."""

    def __init__(self, code: Unacceptable, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of one hash: KiB of memory and passes over it, in one lane.

    Raises `ConfigurationError` for less than OWASP and ASVS 11.4.2 ask for, unless `for_tests`, and
    for more than is verified (`password_hashes`): nobody could log in.
    """

    memory_kib: int = 19456
    passes: int = 2
    for_tests: bool = False

    def __post_init__(self) -> None:
        enough = any(self.memory_kib >= m and self.passes >= t for m, t in _ENOUGH)
        if not enough and not self.for_tests:
            raise ConfigurationError(
                f"Argon2id with {self.memory_kib} KiB and {self.passes} passes is too cheap:"
                " use at least 19456 KiB and 2 passes."
            )
        try:
            check_argon2(self.memory_kib, self.passes, 1)
        except UnknownHash as unknown:
            raise ConfigurationError(f"Argon2id is too dear. {unknown}") from None


CHEAP = Cost(memory_kib=8, passes=1, for_tests=True)
"""A cost for test suites: microseconds, and no protection at all."""


def prepare(password: str) -> bytes:
    """The bytes that are hashed: UTF-8 of the password in Unicode form NFC, nothing else changed.

    Keyboards differ in whether they send one code point for an accented letter or two; NFC makes
    the two one (RFC 8265 section 4.2).  Case, spaces, NUL and compatibility forms stay as typed
    (ASVS 6.2.8).  Raises `UnacceptablePassword`: `too_long` above 128 code points, found without
    reading a huge one, and `malformed` for half a surrogate pair, which no encoding can carry.
    """
    if len(password) > LONGEST * _WIDEST or len(normal := normalise(password)) > LONGEST:
        raise UnacceptablePassword(
            Unacceptable.TOO_LONG, f"The password is longer than {LONGEST} characters."
        )
    try:
        return normal.encode()
    except UnicodeEncodeError:
        raise UnacceptablePassword(
            Unacceptable.MALFORMED, "The password holds something that is not a character."
        ) from None


def normalise(password: str) -> str:
    """The one form in which a password is counted and hashed."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Hashes and verifies in a few threads of its own, one fewer than there are processors.

    At most `waiting` more stand in line; the next raises `Busy`, so that a flood of logins keeps
    neither the event loop nor memory (`workers` times the cost's memory is all it takes).  Safe to
    share between tasks, threads and event loops; each process makes its own.
    """

    def __init__(
        self, cost: Cost | None = None, *, workers: int | None = None, waiting: int = 64
    ) -> None:
        cost = cost or Cost()
        workers = workers or max(1, _processors() - 1)
        self._hasher = argon2.PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1
        )
        # Well-formed and of the same cost, but the hash of nothing: its bytes are random.
        self._nobody = (
            f"$argon2id$v={argon2.low_level.ARGON2_VERSION}"
            f"$m={cost.memory_kib},t={cost.passes},p=1${_random64(16)}${_random64(32)}"
        )
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="doorward-passwords")
        self._places = threading.BoundedSemaphore(workers + waiting)

    async def hash(self, password: str) -> str:
        """A new salted hash, in the PHC string format.

        Raises `UnacceptablePassword` (see `prepare`) before any work is done, and `Busy`.
        """
        secret = prepare(password)
        return await self._run(lambda: self._hasher.hash(secret))

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether `hashed` was made from this password.  Raises `Busy`, and `ConfigurationError`
        for a hash of bcrypt where the package `bcrypt` is not installed.

        None stands for an account that does not exist or has no password: the answer is False,
        after the same work, so that time does not tell who has an account.  A stored hash that
        is damaged is treated the same way: nobody gets in, and nothing breaks.  A password that
        `prepare` refuses is False at once, whoever it is for.

        A hash of another system may have been made of the characters as they were typed, so a
        password that is not in NFC is tried in both forms, whatever the hash.
        """
        try:
            secrets = {prepare(password), password.encode()}
        except UnacceptablePassword:
            return False
        return await self._run(lambda: self._matches(hashed or self._nobody, secrets))

    def needs_rehash(self, hashed: str, password: str | None = None) -> bool:
        """Whether `hashed` was made at another cost than the present one, in another way, or is
        damaged: then, right after it verified, is the time to store a new one.

        Give the `password` that verified if the hash may be of bcrypt, which reads 72 bytes.  For a
        longer password the answer is False: its end was not compared, and a new hash would make a
        mistyped end part of it.
        """
        if password is not None and _is_cut(hashed, password):
            return False
        try:
            return self._hasher.check_needs_rehash(hashed)
        except ValueError:
            return True

    def close(self) -> None:
        """Let the threads go.  What still waits in line is cancelled.  Idempotent."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _matches(self, hashed: str, secrets: Collection[bytes]) -> bool:
        try:
            known = parse(hashed)
        except UnknownHash:
            # Not a hash at all: spend the time of one, or damaged rows would answer sooner.
            known = parse(self._nobody)
        return any([known.matches(secret) for secret in secrets])

    async def _run(self, work: Callable[[], _T]) -> _T:
        if not self._places.acquire(blocking=False):
            raise Busy(_RETRY_AFTER)
        try:
            future = self._pool.submit(work)
        except BaseException:
            self._places.release()
            raise
        # Also when the waiting task is cancelled: a client that hung up holds no place.
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)


def _is_cut(hashed: str, password: str) -> bool:
    """Whether `hashed` depends on the beginning of this password alone."""
    try:
        reads = parse(hashed).reads
    except UnknownHash:
        return False
    longest = max(len(password.encode()), len(normalise(password).encode()))
    return reads is not None and longest > reads


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _random64(size: int) -> str:
    return b64encode(os.urandom(size)).decode().rstrip("=")
