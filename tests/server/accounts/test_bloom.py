"""A Bloom filter never misses what it holds, and finds as little else as it was made for."""

from hashlib import sha1
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.server.accounts.bloom import DIGEST_SIZE, Shape, count_ones, shape_for

DIGESTS = st.binary(min_size=DIGEST_SIZE, max_size=DIGEST_SIZE)


def filled(shape: Shape, digests: list[bytes]) -> bytearray:
    body = bytearray(shape.size)
    for digest in digests:
        shape.add(body, digest)
    return body


@given(st.lists(DIGESTS, max_size=30), st.integers(1, 500), st.integers(1, 40))
def test_what_was_added_is_always_found(digests: list[bytes], size: int, hashes: int) -> None:
    shape = Shape(size, hashes)
    body = filled(shape, digests)
    assert all(shape.holds(body, digest) for digest in digests)
    assert count_ones(body, block=7) == sum(each.bit_count() for each in body)


@pytest.mark.parametrize(("rate", "entries"), [(1e-1, 20_000), (1e-2, 8_000), (1e-3, 6_000)])
def test_other_digests_are_found_at_the_rate_it_was_made_for(rate: float, entries: int) -> None:
    dice = Random(15)
    shape = shape_for(entries, rate)
    body = filled(shape, [dice.randbytes(DIGEST_SIZE) for _ in range(entries)])
    tries = 20_000
    found = sum(shape.holds(body, dice.randbytes(DIGEST_SIZE)) for _ in range(tries))
    spread = (tries * rate) ** 0.5
    assert abs(found - tries * rate) < 4 * spread
    expected = (count_ones(body) / (shape.size * 8)) ** shape.hashes
    assert expected == pytest.approx(rate, rel=0.1)


def test_the_smallest_filter_does_not_find_what_follows_each_other() -> None:
    """Of few entries the steps could meet, were the filter as small as the rate allows."""
    shape = shape_for(1, 1e-4)
    body = filled(shape, [sha1(b"%d" % each, usedforsecurity=False).digest() for each in range(9)])
    others = (sha1(b"%d" % each, usedforsecurity=False).digest() for each in range(9, 20_000))
    assert sum(shape.holds(body, each) for each in others) == 0


@pytest.mark.parametrize(
    ("entries", "rate", "size", "hashes"),
    [
        (100_000, 1e-4, 239_662, 13),
        (1_000_000, 1e-4, 2_396_620, 13),
        (1_000_000_000, 1e-4, 2_396_620_000, 13),
        (1_000_000, 1e-6, 3_594_000, 20),
    ],
)
def test_the_size_is_that_of_the_docs(entries: int, rate: float, size: int, hashes: int) -> None:
    shape = shape_for(entries, rate)
    assert shape.hashes == hashes
    assert shape.size == pytest.approx(size, rel=1e-3)
