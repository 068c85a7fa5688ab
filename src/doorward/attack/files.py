"""The files of an instance that the lab started itself."""

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Files:
    """`key` is the file of the root key or the signing key.  `database` is the SQLite file; None
    where PostgreSQL holds everything.

    `https` serves another instance of the same kind over TLS, with this certificate and key, as
    `https://doorward.example`; it gives the port on 127.0.0.1.
    """

    database: Path | None
    key: Path
    https: Callable[[Path, Path], AbstractContextManager[int]]


HTTPS_HOST = "doorward.example"
"""The name of the instance over TLS; browsers make exceptions for loopback names."""


def trusting(certificate: Path) -> ssl.SSLContext:
    """The TLS settings of a client that trusts this certificate."""
    return ssl.create_default_context(cafile=str(certificate))
