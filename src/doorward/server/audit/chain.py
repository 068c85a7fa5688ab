"""The chain of the audit log: each entry's hash covers the entry and the hash before it, so that
none can be changed, taken out or moved without a trace.

Anybody can check it who can read the table and compute SHA-256:

    hash(n) = SHA-256( hash(n-1) || lengths || texts )
    hash(0) = 32 bytes of zero
    texts   = seq || at || kind || actor || subject || sid || address || user_agent || outcome
              || detail
    lengths = the length in bytes of each of these ten, as 32 bits, most significant byte first

A hash enters as its 32 bytes, a text as UTF-8 just as it is stored, a number in decimal.  After
pruning, the oldest entry that is left continues from the hash of the last deleted entry; that hash,
with its seq, is in the detail of the latest entry of the kind `audit_pruned`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Literal, NamedTuple

GENESIS = bytes(32)
"""The hash before the first entry."""

_LENGTHS = Struct(">10I").pack

MAX_PLACES = 24
"""Up to so many broken entries, each is tried in the place of each other: it may be moved."""


class Head(NamedTuple):
    """An entry's place and hash: of the last entry, or of the last that was pruned."""

    seq: int
    hash: bytes


class Link(NamedTuple):
    """One row as it is stored: its seq, its other fields in the order above, its hash."""

    seq: int
    fields: tuple[bytes, ...]
    hash: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, from entry `first` to entry `last`."""

    what: Literal["edited", "removed", "moved", "outside", "no_head"]
    first: int
    last: int
    sentence: str


def seal(previous: bytes, seq: int, fields: tuple[bytes, ...]) -> bytes:
    """The hash of an entry after the one with the hash `previous`."""
    texts = (b"%d" % seq, *fields)
    return sha256(b"".join((previous, _LENGTHS(*map(len, texts)), *texts))).digest()


class Inspector:
    """Reads the rows of a log in the order of `seq`, once, and remembers only what is wrong.

    `start` is the last entry that was pruned.  `head` is a hash that must be among what is read.
    """

    def __init__(self, start: Head, head: bytes | None = None) -> None:
        self._start = start
        self._at: int = start.seq
        self._hash: bytes | None = start.hash  # None: the entry before is not there to tell
        self._head, self._head_seen = head, head is None
        self._gaps: list[tuple[int, int]] = []
        self._broken: list[int] = []
        self._suspects: dict[int, tuple[Link, bytes]] = {}

    def read(self, links: Iterable[Link]) -> None:
        """Check the next rows."""
        for link in links:
            seq, fields, stored = link
            if seq != self._at + 1:
                self._gaps.append((self._at + 1, seq - 1))
                self._hash = None
            if self._hash is not None and seal(self._hash, seq, fields) != stored:
                self._suspect(link, self._hash)
            if stored == self._head:
                self._head_seen = True
            self._at, self._hash = seq, stored

    def findings(self) -> list[Finding]:
        """All that is wrong with what was read; empty when it is intact."""
        few = len(self._broken) <= MAX_PLACES
        moved = _moved(list(self._suspects.values())) if few else {}
        true = {to: self._suspects[at][0].hash for at, to in moved.items()}
        edited = [seq for seq in self._broken if seq not in moved and not self._cleared(seq, true)]
        found = [_removed(first, last) for first, last in self._gaps]
        found += [_moved_finding(at, to) for at, to in moved.items()]
        found += [_edited(first, last) for first, last in _runs(edited)]
        found.sort(key=lambda finding: finding.first)
        if not self._head_seen and self._head is not None:
            found.append(_no_head(self._head, self._at, self._start))
        return found

    def _suspect(self, link: Link, previous: bytes) -> None:
        self._broken.append(link.seq)
        if len(self._suspects) < MAX_PLACES:
            self._suspects[link.seq] = (link, previous)

    def _cleared(self, seq: int, true: dict[int, bytes]) -> bool:
        """Whether an entry is sound, and only the one before it stands elsewhere."""
        if seq not in self._suspects or seq - 1 not in true:
            return False
        link = self._suspects[seq][0]
        return seal(true[seq - 1], seq, link.fields) == link.hash


def _moved(suspects: Sequence[tuple[Link, bytes]]) -> dict[int, int]:
    """Which of the broken entries is sound at the place of which other: from its seq to that."""
    hashes = [link.hash for link, _ in suspects]
    return {
        link.seq: place.seq
        for link, _ in suspects
        for place, previous in suspects
        if link is not place
        and any(seal(hash, place.seq, link.fields) == link.hash for hash in (previous, *hashes))
    }


def _runs(seqs: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as runs from first to last."""
    runs: list[tuple[int, int]] = []
    for seq in seqs:
        if runs and runs[-1][1] == seq - 1:
            runs[-1] = (runs[-1][0], seq)
        else:
            runs.append((seq, seq))
    return runs


def _removed(first: int, last: int) -> Finding:
    entries = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
    sentence = f"{entries} missing; whether entry {last + 1} is sound cannot be told without."
    return Finding("removed", first, last, sentence)


def _moved_finding(at: int, to: int) -> Finding:
    return Finding("moved", at, at, f"Entry {at} is not what was written there: it was entry {to}.")


def _edited(first: int, last: int) -> Finding:
    if first == last:
        sentence = (
            f"Entry {first} does not follow from the one before it: it was edited, or that one was,"
            " together with its hash."
        )
    else:
        sentence = f"Entries {first} to {last} do not follow from those before them: edited."
    return Finding("edited", first, last, sentence)


def outside(first: int, last: int) -> Finding:
    """Rows that stand before the beginning of the chain."""
    entries = f"Entry {first} stands" if first == last else f"Entries {first} to {last} stand"
    return Finding("outside", first, last, f"{entries} where all was pruned: added from outside.")


def _no_head(head: bytes, last: int, start: Head) -> Finding:
    if head == start.hash:
        # somebody who deletes the whole log can chain one such entry to the hash that others know
        sentence = (
            f"Entry {start.seq}, with the hash {head.hex()}, was pruned with all before it, as a"
            " later entry says: look for the same in the server's log."
        )
    else:
        sentence = (
            f"No entry up to the last, {last}, has the hash {head.hex()}: entries were removed from"
            " the end, or were written anew, or this one was pruned."
        )
    return Finding("no_head", last, last, sentence)
