"""The limiter: what is counted, what is forgiven, and who waits for whom."""

import asyncio

import pytest

from doorward.errors import Busy, Reason, Rejected
from doorward.stores.memory import MemoryStore
from doorward.testing import FakeClock
from doorward.web import limiter, limits
from doorward.web.limiter import Limiter
from doorward.web.limits import FROM_SOURCE, LONGEST_NAME, Bucket, account_of, stranger
from tests.support.until import PATIENCE

pytestmark = pytest.mark.anyio


async def test_a_refused_guess_is_counted_nowhere() -> None:
    store, clock = MemoryStore(), FakeClock()
    under_test = Limiter(store, clock)
    wide, narrow = Bucket("wide", 60, 3), Bucket("narrow", 60, 1)

    async def wrong() -> bool:
        return False

    await under_test.guess([wide, narrow], wrong)
    for _ in range(5):
        with pytest.raises(Rejected):
            await under_test.guess([wide, narrow], wrong)
    assert not await under_test.guess([wide], wrong)
    assert not await under_test.guess([wide], wrong)
    with pytest.raises(Rejected):
        await under_test.guess([wide], wrong)


async def test_many_addresses_at_many_accounts_have_no_common_limit() -> None:
    under_test = Limiter(MemoryStore(), FakeClock())
    for n in range(500):
        guess = await under_test.begin(stranger(f"2001:db8:{n:x}::1", account_of(f"user{n}")))
        guess.end()
    assert 500 * FROM_SOURCE == 25_000  # as docs/security.md says


async def test_letters_to_one_address_are_counted_by_source_and_in_all_and_apart_on_devices() -> (
    None
):
    under_test, sent = Limiter(MemoryStore(), FakeClock()), 0
    ask = [limits.letters_to("a", f"203.0.113.{n}") for n in range(4) for _ in range(9)]
    on_devices = [limits.letters_on(f"d{n}", "u") for n in range(4) for _ in range(9)]
    for each, expected in ((ask, limits.LETTERS_OF_ALL), (on_devices, limits.LETTERS_OF_ALL)):
        for one, (here, all_of_them) in enumerate(each):
            try:
                await under_test.count(here)
                await under_test.count(all_of_them)
            except Rejected:
                continue
            sent += 1
            assert one % 9 < limits.LETTERS
        assert sent == expected
        sent = 0
    await under_test.count(limits.letters_to("b", "203.0.113.0")[1])


async def test_a_right_guess_takes_nothing_back_from_the_next_window() -> None:
    clock, bucket = FakeClock(), Bucket("one", 60, 1)
    under_test = Limiter(MemoryStore(), clock)
    slow = await under_test.begin([bucket])
    clock.advance(60)
    (await under_test.begin([bucket])).end()
    await slow.forgive()
    with pytest.raises(Rejected):
        await under_test.begin([bucket])


@pytest.mark.parametrize("first_is_right", [True, False])
async def test_a_guess_waits_for_those_that_are_being_judged(first_is_right: bool) -> None:
    under_test, bucket = Limiter(MemoryStore(), FakeClock()), Bucket("one", 60, 1)
    begun, judged = asyncio.Event(), asyncio.Event()

    async def slow() -> bool:
        begun.set()
        await judged.wait()
        return first_is_right

    async def right() -> bool:
        return True

    first = asyncio.create_task(under_test.guess([bucket], slow))
    await begun.wait()
    second = asyncio.create_task(under_test.guess([bucket], right))
    done, _ = await asyncio.wait([second], timeout=0.01)
    assert not done
    judged.set()
    assert await first is first_is_right
    async with asyncio.timeout(PATIENCE):
        if first_is_right:
            assert await second
        else:
            with pytest.raises(Rejected):
                await second


async def test_a_guess_that_was_cut_off_counts_as_wrong() -> None:
    under_test = Limiter(MemoryStore(), FakeClock())
    bucket = Bucket("one", 60, 1)

    async def cut_off() -> bool:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await under_test.guess([bucket], cut_off)
    with pytest.raises(Rejected):
        await under_test.guess([bucket], cut_off)


@pytest.mark.parametrize("error", [Busy(2), Rejected(Reason.MALFORMED)])
async def test_only_a_password_that_nobody_looked_at_is_taken_back(error: Exception) -> None:
    under_test = Limiter(MemoryStore(), FakeClock())
    bucket = Bucket("one", 60, 1)

    async def turned_away() -> bool:
        raise error

    with pytest.raises(type(error)):
        await under_test.guess([bucket], turned_away)
    if isinstance(error, Busy):
        await under_test.begin([bucket])
    else:
        with pytest.raises(Rejected, match="Too many attempts"):
            await under_test.begin([bucket])


async def test_a_guess_ends_once_however_often_it_is_told_so() -> None:
    under_test, bucket = Limiter(MemoryStore(), FakeClock()), Bucket("one", 60, 2)
    first, second = await under_test.begin([bucket]), await under_test.begin([bucket])
    first.end()
    first.end()
    await first.forgive()
    await second.forgive()
    third = await under_test.begin([bucket])
    third.end()
    with pytest.raises(Rejected) as refused:
        await under_test.begin([bucket])
    assert refused.value.retry_after == 60


async def test_a_handler_that_hangs_keeps_nobody_waiting_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limiter, "PATIENCE", 0)
    under_test, bucket = Limiter(MemoryStore(), FakeClock()), Bucket("one", 60, 1)
    await under_test.begin([bucket])
    with pytest.raises(Rejected, match="Too many attempts"):
        await under_test.begin([bucket])


NAMES = ["José@example.test", "JOSÉ@EXAMPLE.TEST", "Jose\u0301@example.test", " josé@example.test "]


def test_a_name_is_counted_as_one_in_whatever_case_and_form_it_is_typed() -> None:
    assert len({account_of(name) for name in NAMES}) == 1
    assert account_of("STRASSE") == account_of("stra\u00dfe")
    assert account_of("\uff21da") == account_of("ada")
    assert account_of("ada") != account_of("bob")


def test_padding_gives_no_name_of_its_own() -> None:
    for size in range(LONGEST_NAME - 20, LONGEST_NAME + 20):
        assert account_of(" " * size + "dan@example.test") == account_of("dan@example.test")


def test_a_huge_name_is_cut_and_half_a_character_is_no_fault() -> None:
    assert account_of("a" * LONGEST_NAME) == account_of("a" * 1_000_000)
    assert account_of("\ud800") != account_of("a")


def test_no_name_is_kept_in_a_key() -> None:
    buckets = limits.stranger("192.0.2.1", account_of("alice@example.test"))
    assert not [bucket for bucket in buckets if "alice" in bucket.key]
