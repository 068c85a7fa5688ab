"""Lengths of time as people write them: `90s`, `15m`, `12h`, `14d`, a timedelta, whole seconds."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar, cast

T = TypeVar("T", int, int | None)

Duration = int | str | timedelta
"""What may be given for a length of time; a bare number is one of seconds."""

LONGEST = 36_525 * 86400
"""A hundred years: so long after now is a time that every store and every calendar can hold."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TEXT = re.compile(r"([0-9]{1,18})([smhd])")


class Time(Generic[T]):
    """To a type checker, a field that takes any `Duration` and holds whole seconds."""

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: object) -> T: ...

        def __set__(self, instance: object, value: T | str | timedelta) -> None: ...


def time(default: T) -> Time[T]:
    """The default of such a field."""
    return cast("Time[T]", default)


def seconds(value: object) -> int:
    """A duration as whole seconds.  Raises `ValueError` for whatever else: also for a text without
    its unit, which may have meant minutes."""
    if type(value) is int:
        return value
    if isinstance(value, timedelta) and value % timedelta(seconds=1) == timedelta():
        return value // timedelta(seconds=1)
    found = _TEXT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            "whole seconds, a timedelta, or text such as '90s', '15m', '12h' or '14d',"
            f" not {value!r}"
        )
    return int(found[1]) * _UNITS[found[2]]
