"""The file of a filter: what is kept in it, and what is wrong with one."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from doorward import ConfigurationError
from doorward.server.accounts import breached_file
from doorward.server.accounts.bloom import Shape
from doorward.server.accounts.breached import open_breached
from doorward.server.accounts.breached_file import is_filter, read_header, write_filter

from .stolen import breached, filter_of

HEAD = 87
"""Bytes before the bits; the last 32 are the SHA-256."""

VERSION = 17
"""Where the number of the format stands."""


@pytest.mark.parametrize("largest", [breached_file.LARGEST_COPY, 0], ids=["copied", "mapped"])
def test_a_filter_holds_what_was_put_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    monkeypatch.setattr(breached_file, "LARGEST_COPY", largest)
    found = breached(tmp_path / "f", "stolen horse", "stolen battery")
    assert ("stolen horse" in found, "stolen battery" in found) == (True, True)
    assert ("Stolen horse" in found, "stolen" in found) == (False, False)
    header = read_header(tmp_path / "f")
    assert header == found.header
    assert (header.entries, header.file_size) == (2, (tmp_path / "f").stat().st_size)
    assert header.file_size == HEAD + header.shape.size
    assert (header.false_rate < 1e-9, header.one_in) == (True, 10**12)


def test_no_filter_is_none() -> None:
    assert open_breached(None) is None


def put(at: int, *numbers: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:at] + bytes(numbers) + whole[at + len(numbers) :]


FAULTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda whole: b"", "is no filter of breached passwords"),
    "a list of words": (lambda whole: b"password\n" * 99, "is no filter of breached passwords"),
    "a part of the head": (lambda whole: whole[:40], "is damaged or cut short"),
    "cut short": (lambda whole: whole[:-1], "is damaged or cut short"),
    "too long": (lambda whole: whole + b"\0", "is damaged or cut short"),
    "a bit in the middle": (put(HEAD + 99, 255), "is damaged or cut short"),
    "the last bit": (lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), "is damaged or cut short"),
    "the count of entries": (put(VERSION + 14, 1), "is damaged or cut short"),
    "no hashes": (put(VERSION + 12, 0, 0), "is damaged or cut short"),
    "its own digest": (put(HEAD - 2, 0, 0), "is damaged or cut short"),
    "a newer format": (put(VERSION + 3, 2), "has the format 2 of a newer Doorward"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("largest", [breached_file.LARGEST_COPY, 0], ids=["copied", "mapped"])
def test_whatever_is_wrong_with_a_file_is_told_in_a_sentence_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: int, fault: str
) -> None:
    monkeypatch.setattr(breached_file, "LARGEST_COPY", largest)
    path = Path(filter_of(tmp_path / "f", "stolen horse"))
    spoil, says = FAULTS[fault]
    spoilt = spoil(path.read_bytes())
    assert spoilt != path.read_bytes()
    path.write_bytes(spoilt)
    with pytest.raises(ConfigurationError, match=f"{path}.*{says}|{path} {says}") as told:
        open_breached(str(path))
    assert "doorward passwords import" in str(told.value)


def test_the_head_alone_tells_that_a_file_is_cut_short(tmp_path: Path) -> None:
    path = Path(filter_of(tmp_path / "f", "stolen horse"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ConfigurationError, match="cut short"):
        read_header(path)


def test_the_format_does_not_change_without_a_new_number(tmp_path: Path) -> None:
    """A filter that was made once can be read for good, or is refused."""
    whole = Path(filter_of(tmp_path / "f", "stolen horse", "stolen battery")).read_bytes()
    assert whole[VERSION : VERSION + 4] == bytes([0, 0, 0, 1])
    assert (
        hashlib.sha256(whole).hexdigest()
        == "d296a77004ef00d01555dd3e4311b289413634450b2b233991dd1da014a9916d"
    )


def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    for path, says in ((tmp_path, "Is a directory"), (tmp_path / "none", "No such file")):
        for read in (open_breached, lambda name: read_header(Path(name))):
            with pytest.raises(ConfigurationError, match=f"{path} cannot be read: {says}"):
                read(str(path))


def test_a_filter_is_replaced_at_once_and_who_has_the_old_one_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breached_file, "LARGEST_COPY", 0)
    old = breached(tmp_path / "f", "stolen horse")
    new = breached(tmp_path / "f", "stolen battery")
    assert ("stolen horse" in old, "stolen battery" in old) == (True, False)
    assert ("stolen horse" in new, "stolen battery" in new) == (False, True)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_what_could_not_be_written_leaves_the_old_filter_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filter_of(tmp_path / "f", "stolen horse")
    before = (tmp_path / "f").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_filter(tmp_path / "f", Shape(9, 1), bytearray(9), entries=1, least=0)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == before
    assert is_filter(tmp_path / "f")
