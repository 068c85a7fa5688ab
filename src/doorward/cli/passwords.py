"""`doorward passwords`: the filter of stolen passwords, and whether a password may be chosen."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from ..password_policy import check_password
from ..passwords import UnacceptablePassword
from ..server.accounts.bloom import Shape, shape_for
from ..server.accounts.breached import open_breached
from ..server.accounts.breached_file import Header, is_filter, write_filter
from ..server.command_options import read_options
from ..server.plural import counted
from ..server.values import count
from . import REFUSED, progress
from .commands import Verb, run
from .output import Answer, NotDone
from .password_list import PasswordList, opened_list
from .prompt import known_password

FALSE_RATE = 1e-4
"""One password in 10,000 that is in no list is refused."""

_RATES = (1e-12, 0.1)


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("passwords", VERBS, argv)


async def _import(given: Namespace) -> Answer:
    path = _target(given.out or read_options(given).breached_file)
    with opened_list(given.list, given.min_count, path.parent) as listed:
        entries = sum(1 for _ in _shown(listed, "entries counted"))
        if not entries:
            raise NotDone("The list has no entry to take; nothing was written.")
        shape = shape_for(entries, given.false_rate)
        body = _filled(shape, listed, entries)
    try:
        header = write_filter(path, shape, body, entries=entries, least=given.min_count or 0)
    except OSError as error:
        raise NotDone(f"{path} cannot be written: {error.strerror}.") from error
    return Answer({"file": str(path.absolute()), **_data(header)}, _written(path, header))


async def _check(given: Namespace) -> Answer:
    options = read_options(given)
    breached = open_breached(options.breached_file)
    password = known_password()
    try:
        check_password(password, email=given.email, minimum=options.min_password, breached=breached)
    except UnacceptablePassword as refusal:
        return Answer(_verdict(refusal), [f"Refused: {refusal}"], status=REFUSED)
    beside = f", nor in the filter of {breached.header.entries:,} stolen ones" if breached else ""
    return Answer(_verdict(None), [f"Accepted: it is not among the common passwords{beside}."])


# --- steps --------------------------------------------------------------------------------------


def _target(out: str | None) -> Path:
    """Where the filter goes.  A slip must not put it in the place of something else."""
    if out is None:
        raise NotDone("Name the filter with --out FILE, or set DOORWARD_BREACHED_FILE.")
    path = Path(out)
    if not path.parent.is_dir():
        raise NotDone(f"There is no folder {path.parent} for the filter; make it first.")
    try:
        free = not path.exists() or is_filter(path)
    except OSError as error:
        raise NotDone(f"{path} cannot be read: {error.strerror}.") from error
    if not free:
        raise NotDone(f"{path} exists and is no filter; name another file with --out.")
    return path


def _filled(shape: Shape, listed: PasswordList, entries: int) -> bytearray:
    try:
        body = bytearray(shape.size)
    except MemoryError:
        raise NotDone(f"The filter of {_size(shape.size)} does not fit into memory.") from None
    added = 0
    for digest in _shown(listed, "entries added"):
        shape.add(body, digest)
        added += 1
    if added != entries:
        raise NotDone("The list changed while it was read; nothing was written.")
    return body


def _shown(listed: PasswordList, label: str) -> Iterable[bytes]:
    """The digests, with a bar for who watches."""

    def seen(done: int, total: int) -> None:
        progress.show(done >> 20, max(1, total >> 20), f"MiB, {label}")

    try:
        yield from listed.digests(seen)
    finally:
        progress.clear()


# --- words --------------------------------------------------------------------------------------


def _verdict(refusal: UnacceptablePassword | None) -> dict[str, object]:
    if refusal is None:
        return {"accepted": True, "code": None, "says": None}
    return {"accepted": False, "code": refusal.code.value, "says": str(refusal)}


def _data(header: Header) -> dict[str, object]:
    return {
        "entries": header.entries,
        "min_count": header.least,
        "bytes": header.file_size,
        "bits_per_entry": header.shape.hashes,
        "false_rate": header.false_rate,
    }


def _written(path: Path, header: Header) -> list[str]:
    many = counted(f"{header.entries:,}", "entry", "entries")
    return [
        f"Wrote {path}: {many} in {_size(header.file_size)}.",
        f"Of other passwords 1 in {header.one_in:,} is refused by mistake.",
        f"Give it to each server with --breached-file {path}, and restart those that run.",
    ]


def _size(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.2f} MB"


# --- the table ----------------------------------------------------------------------------------


def _rate(text: str) -> float:
    try:
        rate = float(Fraction(text))
    except (ValueError, ZeroDivisionError, OverflowError):
        rate = 0.0
    if not _RATES[0] <= rate <= _RATES[1]:
        raise ArgumentTypeError(f"{text!r} is no rate: write 1/10000 or 0.0001, 1/10 at most")
    return rate


def _count(text: str) -> int:
    try:
        return count(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r}: {error}") from None


def _import_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "list",
        metavar="FILE",
        help="words, one a line, or lines HEX40:COUNT (SHA-1, as HIBP has them); also in gzip;"
        " - is stdin",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="where the filter goes (default: as --breached-file)"
    )
    parser.add_argument(
        "--false-rate",
        metavar="RATE",
        type=_rate,
        default=FALSE_RATE,
        help="how many other passwords are refused by mistake (default: 1/10000)",
    )
    parser.add_argument(
        "--min-count",
        metavar="COUNT",
        type=_count,
        help="of a list with counts, take what was seen at least so often (default: all)",
    )


def _check_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--email",
        metavar="ADDRESS",
        default="",
        help="whose password it would be: it must not be close to the address",
    )


VERBS = {
    "import": Verb(
        what="Make a filter of stolen passwords from a list, for --breached-file.",
        run=_import,
        options=("breached_file",),
        arguments=_import_arguments,
    ),
    "check": Verb(
        what="Say whether a password may be chosen; it is asked for, or read from stdin.",
        run=_check,
        options=("min_password", "breached_file"),
        arguments=_check_arguments,
    ),
}
