"""The file of a filter of breached passwords: a header that proves the rest, then the bits."""

import hashlib
import mmap
import os
import secrets
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...errors import ConfigurationError
from .bloom import Bits, Shape, count_ones

_MAGIC = b"doorward\x1abreached"  # control-Z: no text begins so
_VERSION = 1
_FIELDS = struct.Struct(">QHQQQ")  # size, hashes, entries, ones, least count
_HEAD = struct.Struct(f">{len(_MAGIC)}sI{_FIELDS.size}s32s")
_MOST_HASHES = 64

LARGEST_COPY = 32 << 20
"""Bytes up to which a filter is kept in memory.  A larger one is mapped: processes share it, but
writing into the file in place would change it under them, and cutting it short would end them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says of itself: its shape, how many `entries` were added, how many bits are set
    (`ones`), and the `least` count with which an entry of the list was taken."""

    shape: Shape
    entries: int
    ones: int
    least: int

    @property
    def false_rate(self) -> float:
        """How often a password that is not in the list is found, from the bits that are set."""
        share = self.ones / (self.shape.size * 8)
        return float(share**self.shape.hashes)

    @property
    def one_in(self) -> int:
        """Of how many other passwords one is found by mistake, as far as anybody counts."""
        return round(1 / max(self.false_rate, 1e-12))

    @property
    def file_size(self) -> int:
        """The bytes of the whole file."""
        return _HEAD.size + self.shape.size

    def _packed(self) -> bytes:
        return _FIELDS.pack(self.shape.size, self.shape.hashes, self.entries, self.ones, self.least)


def read_header(path: Path) -> Header:
    """The header of the filter at `path`; of the bits only the length is looked at.

    Raises `ConfigurationError` with a sentence: it cannot be read, is no filter, comes from a newer
    version, or is cut short.
    """
    try:
        with path.open("rb") as file:
            return _header(path, file)[0]
    except OSError as error:
        raise _unreadable(path, error) from error


def read_filter(path: Path) -> tuple[Header, Bits]:
    """The header and the bits of the filter at `path`, once all of it was compared with its own
    SHA-256.  Raises like `read_header`, also for damage anywhere."""
    try:
        with path.open("rb") as file:
            header, digest = _header(path, file)
            bits = _bits(file, header)
    except OSError as error:
        raise _unreadable(path, error) from error
    if _digest(header, bits) != digest:
        raise _damaged(path)
    return header, bits


def write_filter(path: Path, shape: Shape, body: bytearray, *, entries: int, least: int) -> Header:
    """Put a filter at `path`, whole or not at all; what was there is replaced at that moment.

    A server that has the old file open keeps the old one.  Raises `OSError`.
    """
    header = Header(shape=shape, entries=entries, ones=count_ones(body), least=least)
    head = _HEAD.pack(_MAGIC, _VERSION, header._packed(), _digest(header, body))
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(head)
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _keep_name(path.parent)
    return header


def is_filter(path: Path) -> bool:
    """Whether the file at `path` begins as a filter of any version does.  Raises `OSError`."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _header(path: Path, file: BinaryIO) -> tuple[Header, bytes]:
    head = file.read(_HEAD.size)
    if head[: len(_MAGIC)] != _MAGIC:
        raise ConfigurationError(
            f"{path} is no filter of breached passwords; make one with `doorward passwords import`"
        )
    if len(head) < _HEAD.size:
        raise _damaged(path)
    _, version, fields, digest = _HEAD.unpack(head)
    if version > _VERSION:
        raise ConfigurationError(
            f"the filter of breached passwords {path} has the format {version} of a newer Doorward;"
            " upgrade, or make it again with `doorward passwords import`"
        )
    size, hashes, entries, ones, least = _FIELDS.unpack(fields)
    header = Header(shape=Shape(size, hashes), entries=entries, ones=ones, least=least)
    sound = size > 0 and 0 < hashes <= _MOST_HASHES and 0 < ones <= size * 8
    if not sound or os.fstat(file.fileno()).st_size != header.file_size:
        raise _damaged(path)
    return header, digest


def _bits(file: BinaryIO, header: Header) -> bytes | memoryview:
    if header.file_size <= LARGEST_COPY:
        return file.read()
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return memoryview(mapped)[_HEAD.size :]


def _digest(header: Header, bits: bytes | bytearray | memoryview) -> bytes:
    digest = hashlib.sha256(header._packed())
    digest.update(bits)
    return digest.digest()


def _keep_name(folder: Path) -> None:
    """Let the new name outlive a crash, on systems where a folder can be synced."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _damaged(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"the filter of breached passwords {path} is damaged or cut short; make it again with"
        " `doorward passwords import`"
    )


def _unreadable(path: Path, error: OSError) -> ConfigurationError:
    reason = error.strerror or "the system does not say why"
    return ConfigurationError(f"the filter of breached passwords {path} cannot be read: {reason}")
