"""`doorward attack`: every attack, on an instance of this machine."""

import json
import logging
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ..attack.address import Address, Refused, parse_address
from ..attack.attack import Attack
from ..attack.browser import CHROMIUM
from ..attack.catalogue import chosen
from ..attack.instances import own_instance
from ..attack.matrix import as_json, matrix
from ..attack.naive_instance import naive_instance
from ..attack.report import report
from ..attack.runner import Run, attack_address
from ..attack.target import Unusable
from ..types import Mode
from . import USAGE, complain
from .output import plain, say
from .parser import Parser

MODES: tuple[Mode, ...] = ("session", "token")


def main(argv: Sequence[str]) -> int:
    """Run the attacks.  Returns 0 if nothing succeeded, 1 if something did, 2 for words that
    cannot be used, for an address that is refused or silent, and for an attack that broke down."""
    given = _parser().parse_args(argv)
    # what an own instance logs about the attacks is told better by their verdicts
    logging.getLogger("doorward").addHandler(logging.NullHandler())
    try:
        attacks = chosen(given.only)
        if given.list:
            return _list(attacks)
        run = Run()
        for instance in _instances(given):
            with instance as address:
                attack_address(run, address, attacks, given.seed, _progress)
    except (Refused, Unusable, ValueError) as error:
        return _usage(str(error))
    except OSError as error:
        return _usage(f"nothing answers at {given.url or 'the instance'}: {error}")
    finally:
        _clear()
        CHROMIUM.close()
    return _show(run, given)


def _parser() -> Parser:
    parser = Parser(
        prog="doorward attack",
        description="Attack an instance of this machine, and say what held.",
        allow_abbrev=False,
    )
    parser.add_argument("url", nargs="?", metavar="URL", help="without: an instance of its own")
    parser.add_argument("--only", metavar="IDS", help="attacks whose ids begin so, with commas")
    parser.add_argument("--list", action="store_true", help="name the attacks and do nothing")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="repeat a run")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report as one page")
    parser.add_argument("--naive", action="store_true", help="attack a careless application")
    return parser


def _instances(given: Namespace) -> Iterable[AbstractContextManager[Address]]:
    if given.url and given.naive:
        raise ValueError("give a URL or --naive, not both")
    if given.url:
        return [nullcontext(parse_address(given.url))]
    start: Callable[[Mode], AbstractContextManager[Address]] = (
        naive_instance if given.naive else own_instance
    )
    return [start(mode) for mode in MODES]


def _list(attacks: Sequence[Attack]) -> int:
    width = max(len(attack.id) for attack in attacks)
    say("".join(f"{attack.id.ljust(width)}  {attack.title}\n" for attack in attacks))
    return 0


def _show(run: Run, given: Namespace) -> int:
    if not given.url:
        run.accounts.clear()  # their instances are gone
    if given.html:
        given.html.write_text(report(run, "doorward attack"), encoding="utf-8")
    say(json.dumps(as_json(run), indent=2) + "\n" if given.json else matrix(run))
    return run.status


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _usage(sentence: str) -> int:
    complain(plain(sentence))
    return USAGE
