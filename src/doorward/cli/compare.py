"""`doorward compare`: sessions and tokens, measured on this machine."""

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from ..compare.catalogue import ROWS
from ..compare.client import Unusable
from ..compare.contenders import label
from ..compare.report import report
from ..compare.run import Plan, Run, compare
from ..compare.table import as_json, table
from ..errors import ConfigurationError
from ..stores import check_url
from . import USAGE, complain, progress
from .output import plain, say
from .parser import Parser

TITLE = "Sessions and tokens, measured"


def main(argv: Sequence[str]) -> int:
    """Measure and print.  Returns 0, or 2 for arguments and stores that cannot be used."""
    given = _parser().parse_args(argv)
    try:
        _check(given)
        run = compare(_plan(given), progress.show)
    except (ConfigurationError, Unusable, ValueError) as error:
        return _usage(str(error))
    finally:
        progress.clear()
    return _show(run, given)


def _parser() -> Parser:
    parser = Parser(
        prog="doorward compare",
        description="Measure sessions and tokens side by side, in real processes of this machine.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--store",
        action="append",
        default=[],
        metavar="URL",
        help="compare on this empty store, not on a new SQLite file; may be repeated",
    )
    parser.add_argument("--quick", action="store_true", help="take at most two minutes")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write an HTML report")
    return parser


def _check(given: Namespace) -> None:
    for store in given.store:
        check_url(store)
        if store == "memory:":
            raise ValueError("processes cannot share memory:; compare on another store")
    if len(set(map(label, given.store))) < len(given.store):
        raise ValueError("two stores of one kind would share their columns; compare one of each")
    if given.html and not given.html.parent.is_dir():  # checked before a run of minutes
        raise ValueError(f"the folder of the report, {given.html.parent}, does not exist")


def _plan(given: Namespace) -> Plan:
    if given.quick:
        return Plan(ROWS, given.store, rounds=6, seconds=0.25, time_limit=60)
    return Plan(ROWS, given.store)


def _show(run: Run, given: Namespace) -> int:
    say(json.dumps(as_json(run), indent=2) + "\n" if given.json else table(run))
    if given.html:
        try:
            given.html.write_text(report(run, TITLE), encoding="utf-8")
        except OSError as error:
            return _usage(f"the report cannot be written: {error}")
    return 0


def _usage(sentence: str) -> int:
    complain(plain(sentence))
    return USAGE
