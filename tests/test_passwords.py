"""Passwords: verified as typed, beside the loop, the same for who exists and who does not."""

import asyncio
import gc
import os
import statistics
import sys
import threading
import time
import tracemalloc
import unicodedata
from collections.abc import AsyncIterator, Callable

import pytest

from doorward.errors import ConfigurationError
from doorward.passwords import (
    CHEAP,
    LONGEST,
    Busy,
    Cost,
    Passwords,
    UnacceptablePassword,
    prepare,
)

pytestmark = pytest.mark.anyio

# What a database may hold after damage, an import, or a hand that slipped.
DAMAGED = [
    "x",
    "argon2id",
    "$argon2id$",
    "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ",
    "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$",
    "$argon2id$v=19$m=8,t=1,p=1$!!!!!!!!$????????",
    "$argon2id$v=99$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=0,t=0,p=0$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=99999999999,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA",
    "$2b$12$abcdefghijklmnopqrstuvwxyz",
    "пароль",
    "\0",
    "\ud800",
]


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    made.close()


@pytest.mark.parametrize(
    "password", ["correct horse", "", "пароль", "🐎🔋", "x" * 128, "a\0b", " both ends ", "\u200d"]
)
async def test_a_password_verifies_against_its_own_hash_only(
    passwords: Passwords, password: str
) -> None:
    hashed = await passwords.hash(password)
    assert await passwords.verify(password, hashed)
    assert not await passwords.verify(password + "x", hashed)
    assert hashed != await passwords.hash(password)


@pytest.mark.parametrize(
    ("enrolled", "tried"),
    [
        ("x" * 72 + "a", "x" * 72 + "b"),
        ("x" * 127 + "a", "x" * 127 + "b"),
        ("before\0after", "before\0other"),
        ("before\0after", "before"),
        ("Password", "password"),
        ("space ", "space"),
        ("space\u00a0space", "space space"),
        ("\N{FULLWIDTH LATIN SMALL LETTER A}bc", "abc"),
        ("x\N{SUPERSCRIPT TWO}", "x2"),
        ("straße", "strasse"),
        ("an\u200dn", "ann"),
    ],
)
async def test_passwords_that_differ_anywhere_are_different(
    passwords: Passwords, enrolled: str, tried: str
) -> None:
    assert not await passwords.verify(tried, await passwords.hash(enrolled))


async def test_an_accented_letter_is_one_letter_however_the_keyboard_sends_it(
    passwords: Passwords,
) -> None:
    hashed = await passwords.hash(unicodedata.normalize("NFC", "crème brûlée 각"))
    assert await passwords.verify(unicodedata.normalize("NFD", "crème brûlée 각"), hashed)


def test_what_is_hashed_is_the_nfc_form_in_utf_8() -> None:
    assert prepare("e\u0301\0 \N{ANGSTROM SIGN}") == "é\0 Å".encode()


@pytest.mark.parametrize("letter", ["x", "🐎", "e\u0301", "\u1f82", "\U0001d160"])
async def test_128_characters_are_hashed_and_129_are_refused(
    passwords: Passwords, letter: str
) -> None:
    written = unicodedata.normalize("NFD", letter)
    characters = len(unicodedata.normalize("NFC", letter))
    most = LONGEST // characters
    assert await passwords.verify(written * most, await passwords.hash(letter * most))
    with pytest.raises(UnacceptablePassword) as refusal:
        await passwords.hash(written * (most + 1))
    assert refusal.value.code == "too_long"
    assert not await passwords.verify(written * (most + 1), await passwords.hash(letter * most))


def test_no_character_is_so_wide_that_a_short_password_is_refused_unread() -> None:
    widths = [len(unicodedata.normalize("NFD", chr(n))) for n in range(sys.maxunicode + 1)]
    assert max(widths) == 4


@pytest.mark.parametrize("letter", ["x", "🐎", "\u0301", "\u0316\u0301"])
async def test_a_huge_password_is_refused_without_being_read(
    passwords: Passwords, letter: str
) -> None:
    huge = letter * 10_000_000
    hashed = await passwords.hash("x")
    times = []
    for _ in range(9):
        began = time.perf_counter()
        assert not await passwords.verify(huge, hashed)
        with pytest.raises(UnacceptablePassword):
            await passwords.hash(huge)
        times.append(time.perf_counter() - began)
    assert statistics.median(times) < 0.001


async def test_half_a_surrogate_pair_is_refused_and_verifies_as_nothing(
    passwords: Passwords,
) -> None:
    with pytest.raises(UnacceptablePassword) as refusal:
        await passwords.hash("secret \ud800")
    assert refusal.value.code == "malformed"
    assert "secret" not in f"{refusal.value!r}{refusal.value.__cause__!r}"
    assert not await passwords.verify("secret \ud800", await passwords.hash("secret ?"))


@pytest.mark.parametrize("hashed", [None, "", *DAMAGED])
async def test_no_account_and_a_damaged_hash_let_nobody_in(
    passwords: Passwords, hashed: str | None
) -> None:
    for password in ("", "x", "None", "\0"):
        assert await passwords.verify(password, hashed) is False


async def test_the_hash_says_how_it_was_made_and_that_is_what_owasp_asks(
    passwords: Passwords,
) -> None:
    costly = Passwords()
    assert (await costly.hash("x")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    costly.close()


async def test_a_hash_of_another_cost_verifies_and_asks_to_be_made_again(
    passwords: Passwords,
) -> None:
    stronger = Passwords(Cost(memory_kib=16, passes=2, for_tests=True))
    hashed = await passwords.hash("x")
    assert not passwords.needs_rehash(hashed)
    assert stronger.needs_rehash(hashed)
    assert await stronger.verify("x", hashed)
    assert not stronger.needs_rehash(await stronger.hash("x"))
    stronger.close()


@pytest.mark.parametrize("hashed", DAMAGED)
def test_a_damaged_hash_is_never_as_it_should_be(hashed: str) -> None:
    passwords = Passwords(CHEAP)
    assert passwords.needs_rehash(hashed)
    assert passwords.needs_rehash(hashed, "x" * 73)
    passwords.close()


@pytest.mark.parametrize(("memory_kib", "passes"), [(19455, 2), (19456, 1), (8, 1), (12287, 9)])
def test_a_cost_too_cheap_to_protect_anybody_does_not_construct(
    memory_kib: int, passes: int
) -> None:
    with pytest.raises(ConfigurationError, match="too cheap"):
        Cost(memory_kib=memory_kib, passes=passes)


@pytest.mark.parametrize(("memory_kib", "passes"), [(19456, 2), (47104, 1), (12288, 3), (65536, 3)])
def test_each_cost_that_owasp_names_constructs(memory_kib: int, passes: int) -> None:
    assert Cost(memory_kib=memory_kib, passes=passes).memory_kib == memory_kib


async def times_of_verifying(clock: Callable[[], float], rounds: int) -> dict[str, list[float]]:
    """At full cost, the three kinds taken in turn so that a busy machine slows each alike."""
    passwords = Passwords(workers=1)
    kinds = {"known": await passwords.hash("right"), "unknown": None, "damaged": "$argon2id$x"}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, hashed in kinds.items():
            began = clock()
            assert not await passwords.verify("wrong", hashed)
            times[kind].append(clock() - began)
    passwords.close()
    return times


async def test_work_does_not_tell_whether_an_account_exists() -> None:
    """In time of the processor, which a busy machine does not stretch."""
    times = await times_of_verifying(time.process_time, 5)
    least = [min(taken) for taken in times.values()]
    assert max(least) < 1.3 * min(least), times


@pytest.mark.soak
async def test_time_does_not_tell_whether_an_account_exists() -> None:
    times = await times_of_verifying(time.perf_counter, 15)
    medians = [statistics.median(taken) for taken in times.values()]
    assert max(medians) < 1.3 * min(medians), times


async def test_the_loop_goes_on_while_passwords_are_hashed() -> None:
    passwords = Passwords(workers=1)
    hashing = [asyncio.ensure_future(passwords.hash(f"{n}")) for n in range(5)]
    turns = 0
    while not all(task.done() for task in hashing):
        await asyncio.sleep(0)
        turns += 1
    passwords.close()
    # On the loop there would be about one turn for each hash.
    assert turns > 100


async def test_beyond_those_who_may_wait_everybody_is_turned_away_and_later_served() -> None:
    passwords = Passwords(CHEAP, workers=1, waiting=10)
    attempts = [passwords.verify("x", None) for _ in range(200)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    turned_away = [outcome for outcome in outcomes if isinstance(outcome, Busy)]
    # All 200 ask before the first worker can report back to this loop, but it frees places.
    assert 11 <= outcomes.count(False) < 200
    assert len(turned_away) == 200 - outcomes.count(False)
    assert all(error.retry_after >= 1 for error in turned_away)
    for _ in range(50):
        assert await passwords.verify("x", None) is False
    passwords.close()


async def test_a_client_that_hung_up_holds_no_place() -> None:
    passwords = Passwords(workers=1, waiting=3)
    for _ in range(5):
        tasks = [asyncio.ensure_future(passwords.verify("x", None)) for _ in range(4)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The one already at work cannot be stopped; those in line were.
        assert await passwords.verify("x", None) is False
    passwords.close()


async def test_a_flood_of_long_passwords_keeps_no_memory() -> None:
    passwords = Passwords(CHEAP, workers=1, waiting=10)

    async def flood() -> int:
        attempts = [passwords.verify("🐎" * 128, None) for _ in range(200)]
        return len(await asyncio.gather(*attempts, return_exceptions=True))

    tracemalloc.start()
    try:
        await flood()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10):
            assert await flood() == 200
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        passwords.close()
    assert after - before < 200_000  # of more than a million bytes of passwords


@pytest.mark.parametrize(("processors", "most"), [(None, 1), (1, 1), (4, 3)])
async def test_where_a_system_tells_no_affinity_its_processors_are_counted(
    monkeypatch: pytest.MonkeyPatch, processors: int | None, most: int
) -> None:
    """As macOS and Windows do."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    before = set(threading.enumerate())
    passwords = Passwords(CHEAP)
    hashes = await asyncio.gather(*(passwords.hash(f"{n}") for n in range(20)))
    workers = set(threading.enumerate()) - before
    passwords.close()
    assert len(hashes) == 20
    assert 1 <= len(workers) <= most


async def test_refused_passwords_take_no_place_in_line() -> None:
    passwords = Passwords(CHEAP, workers=1, waiting=0)
    attempts = [passwords.verify("x" * 129, None) for _ in range(100)]
    assert await asyncio.gather(*attempts) == [False] * 100
    passwords.close()


async def test_after_closing_nothing_is_hashed_and_no_place_is_lost() -> None:
    passwords = Passwords(CHEAP, workers=1, waiting=0)
    passwords.close()
    passwords.close()
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await passwords.hash("x")
