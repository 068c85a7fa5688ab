"""Which applications are compared: each kind at each store, and the one that asks nobody."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from argon2 import PasswordHasher

from ..passwords import Cost
from .applications.spec import PASSWORD, Kind, Spec
from .cluster import cluster
from .contender import Contender

LIFETIME = 30 * 60
"""Seconds that a plain JWT lives, as in FastAPI's tutorial."""

KEPT: tuple[Kind, ...] = ("session", "token", "plain_session")
"""The kinds that have a store."""


def contenders(
    folder: Path, stores: Sequence[str], rounds: int
) -> Iterator[AbstractContextManager[Contender]]:
    """The bare application first: all others name it."""
    cost = Cost()
    hasher = PasswordHasher(cost.passes, cost.memory_kib, 1)
    common = {"folder": folder, "rounds": rounds, "hashed": hasher.hash(PASSWORD)}
    bare: list[Contender] = []
    yield _contender("bare", "none", "", bare=bare, keep=True, **common)
    for place in stores or ("",):
        for kind in KEPT:
            url = place or f"sqlite:///{folder}/{kind}.db"
            yield _contender(kind, _label(url), url, bare=bare, **common)
    yield _contender("plain_jwt", "none", "", bare=bare, **common)


@contextmanager
def _contender(
    kind: Kind,
    label: str,
    url: str,
    *,
    folder: Path,
    rounds: int,
    hashed: str,
    bare: list[Contender],
    keep: bool = False,
) -> Iterator[Contender]:
    spec = Spec(
        kind=kind,
        store=url,
        port=0,
        root_key_file=str(folder / f"{label}.key"),
        hash=hashed,
        secret=secrets.token_hex(32),
        lifetime=LIFETIME,
    )
    with cluster(spec) as processes:
        found = Contender(kind, label, url, processes, rounds, None if keep else bare[0])
        if keep:
            bare.append(found)
        yield found


def _label(url: str) -> str:
    scheme = urlsplit(url).scheme
    return {"postgres": "postgresql", "rediss": "redis"}.get(scheme, scheme)
