"""Folders for what only their owner may read."""

from pathlib import Path


def make_folder(path: Path) -> None:
    """Make the folder and those above it that are missing, each for its owner alone.

    `Path.mkdir(parents=True)` makes the parents with the permissions that the umask leaves.  Others
    who may write to a parent could replace the key or the database in it.  Raises `OSError`.
    """
    if not path.parent.exists():
        make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
