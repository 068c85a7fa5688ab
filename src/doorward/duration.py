"""Lengths of time as people write them: `90s`, `15m`, `12h`, `14d`, a timedelta, whole seconds."""

import re
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from datetime import timedelta

T = TypeVar("T", int, int | None)

LONGEST = 36_525 * 86400
"""A hundred years: every store and calendar can hold a time that far in the future."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TEXT = r"([0-9]{1,18})([smhd])"


class Time(Generic[T]):
    """For a type checker: a field that accepts what `seconds` accepts, and holds whole seconds."""

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: object) -> T: ...

        def __set__(self, instance: object, value: T | str | timedelta) -> None: ...


def time(default: T) -> Time[T]:
    """The default of such a field."""
    return cast("Time[T]", default)


def seconds(value: object) -> int:
    """A duration as whole seconds.  Raises `ValueError` for anything else, also for text without a
    unit, which might mean minutes."""
    if type(value) is int:
        return value
    if isinstance(value, str):
        found = re.fullmatch(_TEXT, value)
        if found is not None:
            return int(found[1]) * _UNITS[found[2]]
    else:
        from datetime import timedelta  # here, because most callers pass none

        second = timedelta(seconds=1)
        if isinstance(value, timedelta) and value % second == timedelta():
            return value // second
    raise ValueError(
        "whole seconds, a timedelta, or text such as '90s', '15m', '12h' or '14d',"
        f" not {value!r:.60}"
    )


def max_age(cache_control: str, least: int, usual: int, most: int) -> int:
    """Seconds for which an answer with this `Cache-Control` may be kept (RFC 9111 section 5.2.2.1),
    within bounds of our own; `usual` where it says nothing."""
    found = re.search(r"max-age=(\d{1,9})", cache_control)
    return min(max(int(found[1]) if found else usual, least), most)
