"""A file of SQLite that nobody can write."""

from pathlib import Path


def make_read_only(path: Path) -> None:
    """Mark the format as writable only by a newer SQLite: read-only for root as for anybody, as
    permissions would not be (SQLite file format, section 1.3.3)."""
    content = bytearray(path.read_bytes())
    content[18] = 9
    path.write_bytes(bytes(content))
