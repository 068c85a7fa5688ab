"""The output of a command: aligned text for people, or one JSON document for programs."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import DoorwardError
from ..server.plural import counted

_LAST_YEAR = 253_402_300_800
"""The first second that a calendar of four-digit years cannot name."""


class NotDone(DoorwardError):
    """A command that cannot be done; the text is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a command.  `data` is for programs and keeps its names, `lines` are for people;
    `notes` go to stderr either way."""

    data: Mapping[str, object]
    lines: Sequence[str]
    notes: Sequence[str] = ()
    status: int = 0


def show(answer: Answer, *, as_json: bool) -> int:
    """Print an answer.  Returns the exit status.  Raises like `say`."""
    for note in answer.notes:
        remark(note)
    text = _document(answer.data) if as_json else "\n".join(answer.lines)
    say(f"{text}\n")
    return answer.status


def say(text: str) -> None:
    """Write to stdout what follows and all that waits there.  Raises `NotDone` when the disk is
    full, but not when a reader has seen enough."""
    if sys.stdout is None:  # the shell closed it
        return
    try:
        if text:  # not even nothing can be written to a full disk
            sys.stdout.write(_encodable(text, sys.stdout.encoding))
        sys.stdout.flush()
    except BrokenPipeError:  # `| head`
        _say_no_more()
    except OSError as error:
        _say_no_more()
        raise NotDone(f"The answer cannot be written to stdout: {error.strerror}.") from error


def remark(sentence: str) -> None:
    """Say on stderr what the operator should know beside the answer."""
    print(_encodable(plain(sentence), sys.stderr.encoding), file=sys.stderr)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows under their head, in columns two spaces apart."""
    shown = [list(head), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def plain(text: str) -> str:
    """Text that somebody else wrote, with whatever is not printable written out: it can neither
    colour a terminal, nor move its cursor, nor begin a line (ASVS 16.4.1)."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def when(at: int) -> str:
    """A moment in UTC, to the second."""
    if not 0 <= at < _LAST_YEAR:
        return str(at)
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def long(seconds: int) -> str:
    """How long something took or takes, in the largest unit that fits at least once."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def _say_no_more() -> None:
    """The interpreter's exit must not try again, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _document(data: Mapping[str, object]) -> str:
    # ASCII alone, so that a document on a terminal is as harmless as a table
    return json.dumps(data, indent=2).replace("\x7f", "\\u007f")


def _encodable(text: str, encoding: str) -> str:
    return text.encode(encoding, "backslashreplace").decode(encoding)
