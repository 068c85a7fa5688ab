"""Whose child is who, as the system tells it."""

from pathlib import Path


def children(parent: int) -> set[int]:
    """The living children of a process."""
    return {pid for pid, (state, above) in _processes().items() if above == parent and state != "Z"}


def is_alive(pid: int) -> bool:
    """Whether it runs; one that only waits to be buried does not."""
    return _processes().get(pid, ("Z", 0))[0] != "Z"


def _processes() -> dict[int, tuple[str, int]]:
    """State and parent of each."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it is gone already
            continue
        found[int(stat.parent.name)] = state, int(parent)
    return found
