"""The root keys: what everything secret at rest is derived from, kept apart from the database."""

import os
import secrets
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import ConfigurationError, Rejected
from ..folders import make_folder
from . import base64url

VARIABLE = "DOORWARD_ROOT_KEY"
SIZE = 32
"""Bytes of a root key."""

_LARGEST_FILE = 65_536
_HOW = "make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"


@dataclass(frozen=True, slots=True)
class RootKeys:
    """The root keys alive, newest first.  `source` says where they came from, for people to read;
    `made` whether loading them made the file: then somebody must be told to keep a copy.

    New secrets use the newest; the older ones open what was made before.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    source: str
    made: bool = field(default=False, compare=False)

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """One 32-byte key for `purpose` from each root key, newest first (RFC 5869).  Keys of
        different purposes tell nothing about each other or about the root."""
        info = b"doorward " + purpose.encode()
        return tuple(HKDF(SHA256(), SIZE, None, info).derive(key) for key in self.keys)


def load_root_keys(
    path: Path | None, environ: Mapping[str, str], *, sealed_exist: bool
) -> RootKeys:
    """The root keys of the environment variable `DOORWARD_ROOT_KEY`, else of the file at `path`
    (None: its default place).

    The variable holds keys separated by whitespace or commas, the file one a line, `#` beginning a
    comment; newest first.  A missing file is made, with its folders, unless `sealed_exist`: a new
    key could not open what the old one sealed.  Processes that make it at once all end with the
    same key.  Raises `ConfigurationError` with one sentence, which never shows a key.
    """
    path = root_key_path(path, environ)
    if path is None:
        return _parse(environ[VARIABLE].replace(",", " ").split(), VARIABLE)
    try:
        made = not path.exists() and _make(path, sealed_exist)
        return replace(_parse(_lines(path), str(path)), made=made)
    except OSError as error:
        raise ConfigurationError(
            f"The root key file {path} cannot be used ({error.strerror}); "
            f"give another place, or the key in {VARIABLE}."
        ) from error


def root_key_path(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file that `load_root_keys` reads for these, or None when the keys stand in the
    environment.  Raises like `default_root_key_path`."""
    if VARIABLE in environ:
        return None
    return path or default_root_key_path(environ)


def default_root_key_path(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """`root.key` in the user's data folder, where `platform` (as `sys.platform`) keeps it.

    Raises `ConfigurationError` when the environment names no home folder.
    """
    if platform == "win32":
        return _folder(environ, "LOCALAPPDATA") / "doorward" / "root.key"
    if platform == "darwin":
        home = _folder(environ, "HOME")
        return home / "Library" / "Application Support" / "doorward" / "root.key"
    data = Path(environ.get("XDG_DATA_HOME", ""))
    if not data.is_absolute():  # unset, or to be ignored (XDG Base Directory Specification)
        data = _folder(environ, "HOME") / ".local" / "share"
    return data / "doorward" / "root.key"


def _folder(environ: Mapping[str, str], variable: str) -> Path:
    if not environ.get(variable):
        raise ConfigurationError(
            f"{variable} is not set, so the root key has no default place; "
            f"give a root key file, or the key in {VARIABLE}."
        )
    return Path(environ[variable])


def _make(path: Path, sealed_exist: bool) -> bool:
    """Write a new key beside `path`, then link it there: the name appears with its content, once.
    Whoever links second reads what the first one wrote.  Returns whether it was this one."""
    if sealed_exist:
        raise ConfigurationError(
            f"The database holds keys sealed under a root key, but {path} is missing; "
            f"restore it, or give the key in {VARIABLE}."
        )
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    key = secrets.token_urlsafe(SIZE)
    try:
        _write(draft, f"# Doorward root key. Back it up apart from the database.\n{key}\n")
        os.link(draft, path)
    except FileExistsError:
        return False  # another process was first: its key is the key
    finally:
        draft.unlink(missing_ok=True)
    return True


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> list[str]:
    """The keys of the file, as written there.  A file that others can read is refused, not mended:
    they may have read it already."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_FILE:
        raise ConfigurationError(f"{path} is not a root key file.")
    if os.name == "posix" and found.st_mode & 0o077:
        raise ConfigurationError(
            f"Others than its owner can read the root key file {path}; "
            f"replace the key if they may have, then run: chmod 600 {path}"
        )
    text = path.read_bytes().decode("ascii", "replace")
    return [key for line in text.splitlines() if (key := line.partition("#")[0].strip())]


def _parse(texts: list[str], source: str) -> RootKeys:
    if not texts:
        raise ConfigurationError(f"{source} holds no root key; {_HOW}")
    return RootKeys(tuple(_key(text, source) for text in texts), source)


def _key(text: str, source: str) -> bytes:
    try:
        key = base64url.decode(text.encode())
    except Rejected:
        key = b""
    if len(key) != SIZE:
        raise ConfigurationError(
            f"A root key in {source} is not {SIZE} bytes as unpadded base64url; {_HOW}"
        )
    if _is_placeholder(key):
        raise ConfigurationError(f"A root key in {source} is a placeholder, not random; {_HOW}")
    return key


def _is_placeholder(key: bytes) -> bool:
    """Whether somebody typed this: few different bytes, even steps, or readable text.  A random key
    is one of them less often than once in 10^12."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    readable = all(32 <= byte < 127 for byte in key)
    return len(set(key)) < SIZE // 2 or len(steps) == 1 or readable
