"""Every row, found by listing the folder `rows`, in the order of the article's points."""

from importlib import import_module
from pkgutil import iter_modules

from . import rows
from .row import Row

TOPICS = (
    "Bandwidth",
    "Work per request",
    "Latency",
    "Scaling",
    "Upkeep",
    "Control",
    "Visibility",
    "Platforms",
    "Theft",
    "Stolen database",
    "Stolen key",
)


def catalogue() -> list[Row]:
    names = sorted(module.name for module in iter_modules(rows.__path__))
    found: list[Row] = [import_module(f"{rows.__name__}.{name}").ROW for name in names]
    return sorted(found, key=lambda row: TOPICS.index(row.topic))
