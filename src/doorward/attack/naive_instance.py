"""Instances of the careless application, in threads of this process."""

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from ..types import Mode
from .address import Address, parse_address
from .files import Files
from .lab import Instance, Lab, Operator
from .naive import Naive
from .target import Missing


@contextmanager
def naive_instance(mode: Mode) -> Iterator[Instance]:
    """The careless application on a free loopback port, with files that are deleted after it."""
    with TemporaryDirectory(prefix="doorward-naive-") as folder:
        path = Path(folder)
        files = Files(path / "naive.db", path / "signing.pem", partial(_https, mode))
        with Naive(mode, path) as server, _serving(server) as port:
            nodes, other = partial(_same, port), partial(naive_instance, mode)
            lab = Lab(files, server.stored, None, nodes, _operator(server), other)
            yield Instance.at(f"http://localhost:{port}", lab)


def _operator(server: Naive) -> Operator:
    # Danger: nothing withdraws a key; whoever has it signs for everybody, for ever.
    return Operator(
        sign=server.tokens.sign, compromise=lambda kid: None, reset_link=server.reset_link
    )


@contextmanager
def _same(port: int, *, ahead: int = 0, tls: bool = False) -> Iterator[Address]:
    # Danger: no clock is looked at, so that every node is like this one, at any time.
    if tls:
        raise Missing("The careless application has no second node with TLS.")
    yield parse_address(f"http://localhost:{port}")


@contextmanager
def _https(mode: Mode, certificate: Path, key: Path) -> Iterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with (
        TemporaryDirectory(prefix="doorward-naive-") as folder,
        Naive(mode, Path(folder)) as server,
    ):
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with _serving(server) as port:
            yield port


@contextmanager
def _serving(server: Naive) -> Iterator[int]:
    with closing(server.database):
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
