"""`doorward serve`: the standalone server, in one process or in several."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, DoorwardError, StoreUnavailable
from ..origins import is_loopback
from ..server.accounts.breached_file import read_header
from ..server.command_options import add_options, read_options
from ..server.db.url import shown
from ..server.db.url_security import open_way
from ..server.http.signals import stopping
from ..server.options import Options
from . import complain
from .log import log_to_stderr
from .moved_notice import check_open
from .open import check_folders, check_options, root_key_path
from .output import plain, say
from .parser import Parser
from .tables import database_file
from .variables import unknown

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..server.http.serving import Server, Tie

_BACKLOG = 2048


def main(argv: Sequence[str]) -> int:
    """Serve until interrupted.  Returns the exit status."""
    parser = Parser(
        prog="doorward serve",
        description="Serve the pages and the API. Each option can also be set in the environment.",
    )
    add_options(parser, os.environ)
    namespace = parser.parse_args(argv)
    # being told to stop is Ctrl-C by another name, also while still starting
    told = [(each, signal.signal(each, _handler(each))) for each in stopping()]
    try:
        return serve(read_options(namespace))
    except DoorwardError as error:
        return complain(plain(str(error)))
    except KeyboardInterrupt:
        pass
    finally:
        for each, before in told:
            signal.signal(each, before)
    return 0


def _handler(number: signal.Signals) -> Callable[[int, FrameType | None], None]:
    return signal.default_int_handler if number is signal.SIGINT else _interrupt


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Act as Ctrl-C does at this moment.  In an event loop, cancel the main task, which first
    closes what it opened.  An exception would cancel each task separately, and interrupt work that
    must be complete."""
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(number, frame)


def serve(options: Options) -> int:
    """Check, listen, open, serve; all is closed when this returns the exit status.  Raises
    `ConfigurationError`, `NotDone` and `StoreUnavailable`."""
    check_options(options)
    check_folders(options)
    if options.workers > 1 and not hasattr(os, "fork"):
        raise ConfigurationError("--workers needs a system that can fork, such as Linux or macOS")
    asyncio.run(check_open(options))
    made = _missing(options, os.environ)
    with _listening(options.host, options.port) as listener, _counting_together(options.workers):
        options = replace(options, port=listener.getsockname()[1])
        log_to_stderr()
        said = notes(options, os.environ, made)
        if options.workers == 1:
            return _serve(options, listener, said)
        return _serve_with_workers(options, listener, said)


def _serve(
    options: Options, listener: socket.socket, said: Sequence[str], tie: "Tie | None" = None
) -> int:
    # slow to import, and not needed if a mistake was found above
    from ..server.app import create_app
    from ..server.http.serving import make_server

    app = create_app(options)
    server = make_server(app, options, tie)
    with asyncio.Runner(loop_factory=server.loop_factory) as runner:
        runner.run(_run(app, server, listener, None if tie else said))
    return 0


def _serve_with_workers(options: Options, listener: socket.socket, said: Sequence[str]) -> int:
    """Do here what is done once, and be told here of every mistake; then keep the workers."""
    from ..server.app import create_app
    from ..server.http.serving import GRACE, make_server
    from ..server.http.supervisor import Supervisor

    app = create_app(options)
    make_server(app, options)
    asyncio.run(_open_once(app, said))
    work = partial(_work, options, listener)
    return Supervisor(options.workers, work, patience=2 * GRACE).run()


def _work(options: Options, listener: socket.socket, tie: "Tie") -> int:
    """In a worker, which opens everything for itself: neither a database nor a thread outlives a
    fork."""
    try:
        return _serve(options, listener, (), tie)
    except (ConfigurationError, StoreUnavailable) as error:
        return complain(error)


def notes(options: Options, environ: Mapping[str, str], made: Collection[Path] = ()) -> list[str]:
    """The first lines of the log: what is served, where and from which data; then what is unsafe or
    surprising.  `made` are the files that this start makes."""
    key = root_key_path(options, environ)
    copied = " (new: keep a copy)" if key in made else ""
    lines = [
        f"Doorward serves {options.base_url} (listening on {options.host} port {options.port})",
        f"  mode      {_modes(options)}",
        f"  database  {_place(options.database, made)}",
        *([f"  sessions  {_place(options.sessions, made)}"] if options.sessions else []),
        f"  root key  {key.absolute() if key else 'DOORWARD_ROOT_KEY'}{copied}",
        f"  mail      {_mail(options)}",
        *([f"  breached  {_breached(options.breached_file)}"] if options.breached_file else []),
    ]
    files = database_file(options.database), database_file(options.sessions_url)
    if key and key.absolute().parent in [file.parent for file in files if file]:
        lines.append(
            "Warning: the root key lies in the database's folder, so one copy of the folder opens"
            " everything; keep them apart with --root-key-file."
        )
    ways = map(open_way, dict.fromkeys((options.database, options.sessions_url)))
    lines += [f"Warning: {way.says} {way.do}" for way in ways if way]
    return lines + _surprises(options) + [f"Note: {slip}" for slip in unknown(environ)]


def _modes(options: Options) -> str:
    others = [mode for mode in options.accept if mode != options.mode]
    return f"{options.mode}{', and still accepts ' if others else ''}{', '.join(others)}"


def _place(url: str, made: Collection[Path]) -> str:
    file = database_file(url)
    return f"{file or shown(url)}{' (new)' if file in made else ''}"


def _mail(options: Options) -> str:
    if options.smtp_url is not None:
        return f"through {options.smtp_url.host}, from {options.mail_from}"
    if options.mail == "none":
        return "none is sent"
    return (
        f"none is sent; its links are printed here, and all is at {options.base_url}/admin/outbox"
    )


def _breached(path: str) -> str:
    header = read_header(Path(path))
    return f"{header.entries:,} stolen passwords are refused ({Path(path).absolute()})"


def _surprises(options: Options) -> list[str]:
    found = []
    if options.public_origin is None and not is_loopback(options.host):
        found.append(
            f"Note: other machines reach this server, but its public origin stays {options.origin},"
            " and over plain http their browsers keep no login; set --public-origin to an https"
            " address."
        )
    behind = options.tls_cert is not None or options.trusted_proxies
    if options.origin.startswith("https:") and not behind:
        found.append(
            "Note: the public origin is https, but no proxy is trusted to say that a request came"
            " over https, so all are refused; set --trusted-proxies, or --tls-cert."
        )
    return found


def _missing(options: Options, environ: Mapping[str, str]) -> list[Path]:
    """The files that are not there yet."""
    databases = {database_file(options.database), database_file(options.sessions_url)}
    paths = [root_key_path(options, environ), *databases]
    return [path for path in paths if path is not None and not path.exists()]


async def _run(
    app: "FastAPI", server: "Server", listener: socket.socket, said: Sequence[str] | None
) -> None:
    async with app.router.lifespan_context(app):
        with server.told_by_signals():
            if said is not None:
                await _greet(app, said)
            await server.serve([listener])


async def _open_once(app: "FastAPI", said: Sequence[str]) -> None:
    """Make what is missing, migrate, greet, and close again."""
    async with app.router.lifespan_context(app):
        await _greet(app, said)


async def _greet(app: "FastAPI", said: Sequence[str]) -> None:
    """Say what is served; and where the audit log ends, once for all workers."""
    from ..server.journeys.first_admin.flow import invitation

    invited = await invitation(app.state.service)
    say("".join(f"{line}\n" for line in (*said, *invited)))
    app.state.service.recorder.tell_head()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listener = _listener(host, port)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host} port {port}: {_why(error)}; choose with --host and --port"
        ) from error
    with listener:
        yield listener


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # looked up here, since of a name that is not found `create_server` keeps a number alone
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    address = found[0][4][:2]
    both = address[0] == "::"
    if both and not socket.has_dualstack_ipv6():
        raise OSError("this system has no socket for both IPv6 and IPv4")
    return socket.create_server(address, family=family, backlog=_BACKLOG, dualstack_ipv6=both)


def _why(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"no such name or address was found ({error.strerror})"
    # of an address in use, its own text ends in a Python tuple
    return str(error) if error.errno is None else os.strerror(error.errno)


@contextmanager
def _counting_together(workers: int) -> Iterator[None]:
    """If several processes count, each counts in a file that any of them can add up.  The library
    decides by this variable when it is imported."""
    if workers == 1:
        yield
        return
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(TemporaryDirectory(prefix="doorward-metrics-"))
        except OSError as error:
            raise ConfigurationError(
                "--workers needs a temporary folder for the counters that the processes share"
                f" ({error.strerror}); name one with TMPDIR"
            ) from error
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield
