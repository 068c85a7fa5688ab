"""How the tables of docs/performance.md are written, and put in the place of older ones."""

import os
import platform
import time
from collections.abc import Iterable, Sequence
from statistics import median, quantiles

MODES = ("session", "token")


def line(*cells: str) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def spread(figures: Sequence[float], form: str) -> str:
    """The median, and between which figures the middle half lies."""
    lower, _, upper = quantiles(figures, n=4, method="inclusive")
    middle, least, most = (f"{figure:{form}}" for figure in (median(figures), lower, upper))
    return f"{middle} ({least} to {most})"


def machine(load_before: float) -> str:
    """What a run was made on: no host, no path."""
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, load {load_before:.1f} before,"
        f" {os.getloadavg()[0]:.1f} after, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}"
    )


def replaced(text: str, table: Iterable[str]) -> str:
    """The text with this table in the place of the one that begins with the same line.  Raises
    `ValueError` where there is none."""
    made, lines = list(table), text.splitlines()
    first = lines.index(made[0])
    last = next((at for at in range(first, len(lines)) if not lines[at]), len(lines))
    return "\n".join([*lines[:first], *made, *lines[last:]]) + "\n"


def reworded(text: str, start: str, sentence: str) -> str:
    """The text with this sentence in the place of the line that begins with `start`.  Raises
    `ValueError` where there is none."""
    lines = text.splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith(start)), None)
    if at is None:
        raise ValueError(f"no line begins with {start!r}")
    lines[at] = start + sentence
    return "\n".join(lines) + "\n"
