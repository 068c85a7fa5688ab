"""`doorward serve`: the standalone server in one process."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..server.options import Options, add_options, read_options
from ..settings import is_loopback
from . import complain
from .opening import check_folder, database_file, root_key_path

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn import Config

GRACE = 5
"""Seconds that requests under way have to finish once the server is told to stop."""

_BACKLOG = 2048


def main(argv: Sequence[str]) -> int:
    """Serve until interrupted.  Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="doorward serve",
        description="Serve the pages and the API. Each option can also be set in the environment.",
    )
    add_options(parser, os.environ)
    namespace = parser.parse_args(argv)
    # being told to stop is Ctrl-C by another name, also while still starting
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        serve(read_options(namespace))
    except ConfigurationError as error:
        return complain(error)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def serve(options: Options) -> None:
    """Listen, open, serve; all is closed when this returns.  Raises `ConfigurationError`."""
    check_folder(options.database)
    made = _missing(options, os.environ)
    with _listening(options.host, options.port) as listener:
        options = replace(options, port=listener.getsockname()[1])
        # slow to import, and of no use to who was told of a mistake above
        from ..server.app import create_app

        _log_to_stderr()
        app = create_app(options)
        config = _configuration(app, options)
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(app, config, listener, notes(options, os.environ, made)))


def notes(options: Options, environ: Mapping[str, str], made: Collection[Path] = ()) -> list[str]:
    """What is served, where, from what; and what about it is unsafe or will surprise.  `made` are
    the files that this start makes."""
    key, database = root_key_path(options, environ), database_file(options.database)
    fresh = " (new)" if database in made else ""
    copied = " (new: keep a copy)" if key in made else ""
    lines = [
        f"Doorward serves {options.origin} (listening on {options.host} port {options.port})",
        f"  mode      {options.mode}",
        f"  database  {database or options.database}{fresh}",
        f"  root key  {key.absolute() if key else 'DOORWARD_ROOT_KEY'}{copied}",
    ]
    if key and database and key.absolute().parent == database.parent:
        lines.append(
            "Warning: the root key lies in the database's folder, so one copy of the folder opens"
            " everything; keep them apart with --root-key-file."
        )
    return lines + _surprises(options)


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
            " over https, so all are sent there again; set --trusted-proxies, or --tls-cert."
        )
    return found


def _missing(options: Options, environ: Mapping[str, str]) -> list[Path]:
    """The files that are not there yet."""
    paths = root_key_path(options, environ), database_file(options.database)
    return [path for path in paths if path is not None and not path.exists()]


async def _serve(
    app: "FastAPI", config: "Config", listener: socket.socket, said: Sequence[str]
) -> None:
    from ..server.serving import Server

    async with app.router.lifespan_context(app):
        print(*said, *await _first_steps(app), sep="\n", flush=True)
        with _signals_ignored():
            await Server(config, app.state.doorward.door).serve([listener])


async def _first_steps(app: "FastAPI") -> list[str]:
    """How to begin, while nobody administers the server."""
    from ..server.flows.first_admin import setup_link

    link = await setup_link(app.state.service)
    if link is None:
        return []
    return [
        "Nobody administers this server yet. Once, within a day, this link makes you the one:",
        link,
    ]


def _configuration(app: "FastAPI", options: Options) -> "Config":
    import uvicorn

    from ..server.wire import Protocol

    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",  # opened around the server, so that a failure is one sentence
        log_config=None,
        access_log=False,
        proxy_headers=False,  # ours knows which proxies to believe
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
    )
    try:
        config.load()
    except OSError as error:  # also what ssl raises
        raise ConfigurationError(f"the TLS certificate or key cannot be used: {error}") from error
    return config


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        # of an address in use, its own text ends in a Python tuple
        known = error.errno is not None and not isinstance(error, socket.gaierror)
        reason = os.strerror(error.errno or 0) if known else error.strerror or str(error)
        raise ConfigurationError(
            f"cannot listen on {host} port {port}: {reason}; choose with --host and --port"
        ) from error
    with listener:
        yield listener


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """The HTTP server stops at a signal and then raises it once more, for whoever waits for it.
    Here that is nobody: what is open is closed next, and that is all."""
    stopping = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, lambda *_: None) for each in stopping]
    try:
        yield
    finally:
        for each, handler in zip(stopping, before, strict=True):
            signal.signal(each, handler)


def _log_to_stderr() -> None:
    """Events at INFO, one line each; everything else from WARNING on."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("doorward.events").setLevel(logging.INFO)
    # what anybody can cause by sending garbage is not worth a line each
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
