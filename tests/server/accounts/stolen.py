"""Filters of stolen passwords, made for a test."""

from pathlib import Path

from doorward.server.accounts.bloom import shape_for
from doorward.server.accounts.breached import BreachedPasswords, digest_of, open_breached
from doorward.server.accounts.breached_file import write_filter


def filter_of(path: Path, *passwords: str) -> str:
    """The path of a filter that holds these."""
    shape = shape_for(len(passwords), 1e-9)
    body = bytearray(shape.size)
    for password in passwords:
        shape.add(body, digest_of(password.encode()))
    write_filter(path, shape, body, entries=len(passwords), least=0)
    return str(path)


def breached(path: Path, *passwords: str) -> BreachedPasswords:
    """The opened filter that holds these."""
    found = open_breached(filter_of(path, *passwords))
    assert found is not None
    return found


def damage(path: Path) -> None:
    """Turn the last bit of a file over."""
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
