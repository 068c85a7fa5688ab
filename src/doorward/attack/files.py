"""What the lab holds of an instance that it started itself, and of no other."""

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Files:
    """`key` is what its secrets are derived from or signed with, `database` its SQLite file; None
    where PostgreSQL holds everything.

    `https` serves the same kind of instance over TLS, with this certificate and key, as
    `https://doorward.example`, and gives the port of 127.0.0.1 on which it does.
    """

    database: Path | None
    key: Path
    https: Callable[[Path, Path], AbstractContextManager[int]]


HTTPS_HOST = "doorward.example"
"""The name of an instance over TLS: no loopback name, for which browsers make exceptions."""


def trusting(certificate: Path) -> ssl.SSLContext:
    """TLS as a client speaks it that trusts this certificate."""
    return ssl.create_default_context(cafile=str(certificate))
