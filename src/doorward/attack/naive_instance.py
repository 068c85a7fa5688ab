"""Instances of the careless application, in threads of this process."""

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..types import Mode
from .address import Address, parse_address
from .files import Files
from .lab import Instance, Lab, Operator
from .naive import Naive
from .target import Missing
from .threaded import in_thread


@contextmanager
def naive_instance(mode: Mode) -> Iterator[Instance]:
    """The careless application on a free loopback port, with files that are deleted at the end."""
    with TemporaryDirectory(prefix="doorward-naive-") as folder:
        path = Path(folder)
        files = Files(path / "naive.db", path / "signing.pem", partial(_https, mode))
        with Naive(mode, path) as server, _serving(server) as port:
            nodes, other = partial(_same, port), partial(_other, mode)
            lab = Lab(files, server.stored, None, nodes, _operator(server), other)
            yield Instance.at(f"http://localhost:{port}", lab)


def _operator(server: Naive) -> Operator:
    # Danger: nothing withdraws a key; a thief of the key signs tokens for anybody, for ever.
    return Operator(
        sign=server.tokens.sign,
        compromise=lambda kid: None,
        reset_link=server.reset_link,
        invitation=_no_letters,
        letters=_no_letters,
    )


def _no_letters(email: str) -> Any:
    raise Missing("The careless application writes no letters and invites nobody.")


@contextmanager
def _other(mode: Mode, *, verify_first: bool = False) -> Iterator[Instance]:
    if verify_first:
        raise Missing("The careless application verifies no addresses.")
    with naive_instance(mode) as instance:
        yield instance


@contextmanager
def _same(port: int, *, ahead: int = 0, tls: bool = False) -> Iterator[Address]:
    # Danger: nothing expires, so this node stands for one with any clock.
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
    with closing(server.database), in_thread(server) as port:
        yield port
