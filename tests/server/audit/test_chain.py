"""The chain of the audit log: what is wrong with rows, said of the right ones and no others."""

import struct
from dataclasses import dataclass
from hashlib import sha256

import pytest

from doorward.server.audit.chain import GENESIS, MAX_PLACES, Head, Inspector, Link, outside, seal

START = Head(0, GENESIS)


def fields(seq: int) -> tuple[bytes, ...]:
    return (b"%d" % (1_700_000_000 + seq), b"login", *(b"%d" % seq for _ in range(7)))


def chain(length: int, start: Head = START) -> list[Link]:
    links: list[Link] = []
    previous = start.hash
    for seq in range(start.seq + 1, start.seq + length + 1):
        previous = seal(previous, seq, fields(seq))
        links.append(Link(seq, fields(seq), previous))
    return links


@dataclass(frozen=True, slots=True)
class Found:
    what: str
    first: int
    last: int


def found(links: list[Link], *, start: Head = START, head: bytes | None = None) -> list[Found]:
    inspector = Inspector(start, head)
    for at in range(0, len(links), 7):  # however the pages fall
        inspector.read(links[at : at + 7])
    return [Found(each.what, each.first, each.last) for each in inspector.findings()]


def test_the_hash_is_the_one_that_the_documentation_tells_everybody_to_compute() -> None:
    texts = ["7", "1", "login", "", "süß", "s", "::1", "a\x00\nb", "done", "{}"]
    raw = [text.encode() for text in texts]
    lengths = struct.pack(">IIIIIIIIII", *[len(text) for text in raw])
    expected = sha256(b"\x01" * 32 + lengths + b"".join(raw)).digest()
    assert seal(b"\x01" * 32, 7, tuple(raw[1:])) == expected


def test_a_text_cannot_lend_a_letter_to_its_neighbour() -> None:
    one = (b"1", b"ab", b"c", *[b""] * 6)
    other = (b"1", b"a", b"bc", *[b""] * 6)
    assert seal(GENESIS, 1, one) != seal(GENESIS, 1, other)


@pytest.mark.parametrize("length", [0, 1, 2, 50])
def test_an_intact_log_has_no_findings(length: int) -> None:
    assert found(chain(length)) == []


@pytest.mark.parametrize("seq", [1, 2, 49, 50])
@pytest.mark.parametrize("column", range(9))
def test_an_edited_entry_is_named_alone_whatever_of_it_was_edited(seq: int, column: int) -> None:
    links = chain(50)
    old = links[seq - 1]
    edited = tuple(b"x" if i == column else text for i, text in enumerate(old.fields))
    links[seq - 1] = old._replace(fields=edited)
    assert found(links) == [Found("edited", seq, seq)]


def test_an_edited_hash_shows_at_the_entry_and_at_the_one_after_it() -> None:
    links = chain(50)
    links[19] = links[19]._replace(hash=b"\x00" * 32)
    assert found(links) == [Found("edited", 20, 21)]


def test_an_entry_edited_together_with_its_hash_shows_at_the_next_which_says_so() -> None:
    links = chain(50)
    forged = (b"1", *links[19].fields[1:])
    links[19] = Link(20, forged, seal(links[18].hash, 20, forged))
    inspector = Inspector(START)
    inspector.read(links)
    (finding,) = inspector.findings()
    assert (finding.what, finding.first, finding.last) == ("edited", 21, 21)
    assert "or that one was, together with its hash" in finding.sentence


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 9), (20, 20), (20, 40), (48, 49)])
def test_removed_entries_are_named(first: int, last: int) -> None:
    links = [link for link in chain(50) if not first <= link.seq <= last]
    assert found(links) == [Found("removed", first, last)]


def test_removed_entries_do_not_hide_behind_new_numbers() -> None:
    kept = [link for link in chain(50) if link.seq != 20]
    links = [link._replace(seq=seq) for seq, link in enumerate(kept, 1)]
    assert found(links) == [Found("edited", 20, 49)]


def test_a_removed_end_shows_only_to_who_knows_its_hash() -> None:
    links = chain(50)
    assert found(links[:40]) == []
    assert found(links[:40], head=links[49].hash) == [Found("no_head", 40, 40)]
    assert found(links, head=links[39].hash) == []


def test_a_log_written_anew_from_some_entry_on_shows_to_who_knows_its_head() -> None:
    links = chain(50)
    previous = links[18].hash
    for at in range(19, 50):
        forged = (b"1", *links[at].fields[1:])
        previous = seal(previous, at + 1, forged)
        links[at] = Link(at + 1, forged, previous)
    assert found(links) == []
    assert found(links, head=chain(50)[49].hash) == [Found("no_head", 50, 50)]


@pytest.mark.parametrize(("one", "other"), [(20, 40), (20, 21), (1, 50), (1, 2), (49, 50)])
def test_swapped_entries_are_named_and_their_sound_neighbours_are_not(one: int, other: int) -> None:
    links = chain(50)
    first, second = links[one - 1], links[other - 1]
    links[one - 1], links[other - 1] = second._replace(seq=one), first._replace(seq=other)
    assert found(links) == [Found("moved", one, one), Found("moved", other, other)]


def test_each_of_several_things_is_named() -> None:
    links = chain(100)
    links[9], links[29] = links[29]._replace(seq=10), links[9]._replace(seq=30)
    links[49] = links[49]._replace(fields=(b"1", *links[49].fields[1:]))
    del links[69]
    assert found(links) == [
        Found("moved", 10, 10),
        Found("moved", 30, 30),
        Found("edited", 50, 50),
        Found("removed", 70, 70),
    ]


def test_more_broken_entries_than_can_be_sorted_out_are_still_all_named() -> None:
    length = 4 * MAX_PLACES
    links = [link._replace(hash=b"\x00" * 32) for link in chain(length)]
    assert found(links) == [Found("edited", 1, length)]


def test_after_pruning_the_chain_begins_at_the_last_entry_that_is_gone() -> None:
    whole = chain(50)
    start = Head(20, whole[19].hash)
    assert found(whole[20:], start=start) == []
    assert found(whole[20:], start=start, head=whole[19].hash) == [Found("no_head", 50, 50)]
    assert found(whole[20:], start=Head(20, whole[18].hash)) == [Found("edited", 21, 21)]
    assert found(whole[21:], start=start) == [Found("removed", 21, 21)]


def test_rows_before_the_beginning_are_called_what_they_are() -> None:
    assert outside(3, 3).sentence == "Entry 3 stands where all was pruned: added from outside."
    assert (outside(3, 5).what, outside(3, 5).first, outside(3, 5).last) == ("outside", 3, 5)
