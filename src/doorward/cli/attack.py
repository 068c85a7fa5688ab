"""`doorward attack`: every attack, on an instance of this machine."""

import asyncio
import json
import logging
import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from signal import SIGTERM, default_int_handler, signal
from threading import current_thread, main_thread

from ..attack.address import Refused
from ..attack.attack import Attack
from ..attack.browser import CHROMIUM
from ..attack.catalogue import chosen
from ..attack.certificate import Tls
from ..attack.instances import own_instance, storage
from ..attack.lab import Instance
from ..attack.matrix import as_json, matrix
from ..attack.naive_instance import naive_instance
from ..attack.report import report
from ..attack.runner import Plan, Run, attack_instance
from ..attack.target import Unusable
from ..errors import ConfigurationError
from ..server.plural import counted
from ..stores import check_url
from ..stores.empty import check_empty
from ..types import Mode
from . import USAGE, complain, progress
from .output import plain, say
from .parser import Parser
from .tables import USERS, place_of, tables

MODES: tuple[Mode, ...] = ("session", "token")
TUTORIAL = "fastapi-tutorial"


def main(argv: Sequence[str]) -> int:
    """Run the attacks.  Returns 0 if no attack succeeded, and 1 if one did.  Returns 2 for unusable
    options, for an address that is refused or does not answer, and if an attack broke down and
    none succeeded; 130 if Ctrl-C stopped the run."""
    given = _parser().parse_args(argv)
    # an own instance would log every attack, which its verdict already reports
    for name in ("doorward", "uvicorn"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    run = Run()
    try:
        _check(given)
        attacks = chosen(given.only, given.full or given.list)
        if given.list:
            return _list(attacks)
        _run(run, given, Plan(attacks, given.seed, given.full))
        return _show(run, given)
    except (Refused, Unusable, ConfigurationError, ValueError) as error:
        return _broken_off(str(error), run, given)
    except (OSError, HTTPException) as error:
        return _broken_off(f"nothing answers at {given.url or 'the instance'}: {error}", run, given)
    finally:
        progress.clear()
        CHROMIUM.close()


def _run(run: Run, given: Namespace, plan: Plan) -> None:
    try:
        with _terminable():
            for instance in _instances(given):
                attack_instance(run, instance, plan, progress.show)
    except KeyboardInterrupt:
        run.stopped = True
    progress.clear()


def _parser() -> Parser:
    parser = Parser(
        prog="doorward attack",
        description="Attack an instance of this machine, and say what held.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "url", nargs="?", metavar="URL", help="the instance; without it, the lab starts its own"
    )
    parser.add_argument(
        "--only", metavar="IDS", help="run attacks whose ids begin with these, comma-separated"
    )
    parser.add_argument("--full", action="store_true", help="also run what takes minutes")
    parser.add_argument("--list", action="store_true", help="list the attacks and run none")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the random choices"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write the report as one HTML page"
    )
    parser.add_argument("--naive", action="store_true", help="attack a careless application")
    parser.add_argument(
        "--against",
        choices=[TUTORIAL],
        metavar="NAME",
        help=f"attack another application: {TUTORIAL}",
    )
    parser.add_argument(
        "--store",
        action="append",
        default=[],
        metavar="URL",
        help="also start own instances on this empty store; may be repeated",
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="serve own instances over https with it")
    parser.add_argument("--tls-key", metavar="FILE", help="the private key of --tls-cert")
    return parser


def _check(given: Namespace) -> None:
    if sum(map(bool, (given.url, given.naive, given.against))) > 1:
        raise ValueError("give one of a URL, --naive and --against")
    if (given.tls_cert is None) != (given.tls_key is None):
        raise ValueError("--tls-cert and --tls-key belong together; give both")
    if (given.url or given.naive or given.against) and (given.store or given.tls_cert):
        raise ValueError("--store and --tls-cert are for instances that the lab starts itself")
    for store in given.store:
        check_url(store)
        asyncio.run(_check_store(store))
    if given.html:  # else a long run would be lost
        _check_writable(given.html)


async def _check_store(url: str) -> None:
    """The lab makes accounts, withdraws keys and ends sessions: nobody's may be there."""
    if USERS in (await tables(url) or ()):
        raise ConfigurationError(
            f"the store must be empty, and {place_of(url)} is the database of a server"
        )
    await check_empty(url)


def _check_writable(file: Path) -> None:
    if not file.parent.is_dir():
        raise ValueError(f"there is no folder {file.parent} to write the report into")
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ValueError(f"the report cannot be written to {file}")


def _instances(given: Namespace) -> Iterator[Instance]:
    """The instances to attack; each ends before the next starts."""
    if given.url:
        yield Instance.at(given.url)
    elif given.against:
        with _tutorial() as instance:
            yield instance
    elif given.naive:
        for mode in MODES:
            with naive_instance(mode) as instance:
                yield instance
    else:
        tls = Tls(given.tls_cert, given.tls_key) if given.tls_cert else None
        for store in ("", *given.store):
            with storage(store) as where:
                for mode in MODES:
                    with own_instance(mode, where, tls) as instance:
                        yield instance


@contextmanager
def _tutorial() -> Iterator[Instance]:
    try:
        from ..attack.tutorial import tutorial_instance
    except ModuleNotFoundError as error:
        raise ValueError(
            f"--against needs the extra `lab`, without which {error.name} is not installed:"
            " pip install '.[server,lab]' in a checkout of Doorward"
        ) from None
    with tutorial_instance() as instance:
        yield instance


def _list(attacks: Sequence[Attack]) -> int:
    width = max(len(attack.id) for attack in attacks)
    titles = {each.id: each.title + (" (with --full)" if each.slow else "") for each in attacks}
    say("".join(f"{id.ljust(width)}  {title}\n" for id, title in titles.items()))
    return 0


def _show(run: Run, given: Namespace) -> int:
    if not given.url:
        run.accounts.clear()  # their instances are gone
    lines = "\n".join(map(plain, matrix(run).split("\n")))
    document = json.dumps(as_json(run), indent=2).replace("\x7f", "\\u007f")
    say(document + "\n" if given.json else lines)
    if run.stopped:
        complain(f"stopped after {counted(len(run.rows), 'attack')}; the table shows them")
    if given.html:
        try:
            with open(given.html, "w", encoding="utf-8", opener=_private) as file:
                file.write(report(run, _title(given)))
        except OSError as error:
            return _usage(f"the report cannot be written: {error}")
        complain(plain(f"the report is in {given.html}"))
    return run.status


def _title(given: Namespace) -> str:
    about = given.url or given.against or ("a careless application" if given.naive else "Doorward")
    return f"Attacks on {about}"


def _private(path: str, flags: int) -> int:
    """Only whoever ran the attacks reads what they found."""
    return os.open(path, flags, 0o600)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does, so that no key or browser is left behind."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal(SIGTERM, default_int_handler)
    try:
        yield
    finally:
        signal(SIGTERM, before)


def _broken_off(sentence: str, run: Run, given: Namespace) -> int:
    if given.url and run.accounts:
        sentence += f"; these accounts were made and are left: {', '.join(run.accounts)}"
    return _usage(sentence)


def _usage(sentence: str) -> int:
    complain(plain(sentence))
    return USAGE
