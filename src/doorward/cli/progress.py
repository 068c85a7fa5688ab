"""A bar on stderr, as long as somebody watches."""

import shutil
import sys

WIDTH = 24


def show(done: int, total: int, label: str) -> None:
    """Draw over the line before; nothing where stderr is no terminal."""
    if sys.stderr.isatty():
        filled = WIDTH * done // total
        line = f"{'#' * filled}{'.' * (WIDTH - filled)} {done}/{total} {label}"
        room = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{line[:room]}", end="", file=sys.stderr, flush=True)


def clear() -> None:
    """Leave an empty line where the bar was."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
