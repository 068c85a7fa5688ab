"""A Bloom filter: a set that never misses what it holds, and is wrong about little else."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

DIGEST_SIZE = 20
"""Bytes of what is added and looked up: a SHA-1 digest, which is as good as random."""

SMALLEST = 1 << 16
"""Bits of the smallest filter; in a smaller one the steps below would often meet."""

_PARTS = struct.Struct(">QQL").unpack
_BIT = tuple(1 << each for each in range(8))


class Bits(Protocol):
    """Bytes by their number: `bytes`, `bytearray` or a mapped file."""

    def __getitem__(self, number: int, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """`size` in bytes, and `hashes`, the number of bits that one entry sets."""

    size: int
    hashes: int

    def places(self, digest: bytes) -> list[int]:
        """The numbers of an entry's bits: enhanced double hashing, whose start, step and growth of
        the step are the 8, 8 and 4 bytes of the digest."""
        bits = self.size * 8
        place, step, growth = _PARTS(digest)
        place, step, growth = place % bits, step % bits, growth % bits
        places = []
        for _ in range(self.hashes):
            places.append(place)
            place = (place + step) % bits
            step += growth
        return places

    def add(self, body: bytearray, digest: bytes) -> None:
        """Set the bits of an entry."""
        for place in self.places(digest):
            body[place >> 3] |= _BIT[place & 7]

    def holds(self, body: Bits, digest: bytes) -> bool:
        """Whether all bits of an entry are set."""
        return all(body[place >> 3] & _BIT[place & 7] for place in self.places(digest))


def shape_for(entries: int, false_rate: float) -> Shape:
    """The smallest filter in which a foreign digest is found at most at this rate.

    With k bits an entry, n entries and m bits, the rate is (1 - e^(-kn/m))^k, which is least where
    half of the bits are set: there k is the binary logarithm of 1/rate.
    """
    hashes = max(1, round(-math.log2(false_rate)))
    bits = math.ceil(-hashes * entries / math.log1p(-(false_rate ** (1 / hashes))))
    return Shape(-(-max(bits, SMALLEST) // 8), hashes)


def count_ones(body: bytearray, block: int = 1 << 20) -> int:
    """How many bits are set."""
    view = memoryview(body)
    blocks: Sequence[memoryview] = [view[at : at + block] for at in range(0, len(view), block)]
    return sum(int.from_bytes(each, "big").bit_count() for each in blocks)
