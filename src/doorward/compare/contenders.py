"""The applications of a run: each kind on each store, and the bare application."""

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

KINDS: tuple[Kind, ...] = ("session", "token", "plain_session", "plain_jwt")
"""The kinds in the order of the columns."""


def contenders(
    folder: Path, stores: Sequence[str], rounds: int, kinds: Sequence[Kind] = KINDS
) -> Iterator[AbstractContextManager[Contender]]:
    """The bare application comes first, because all others are compared with it."""
    cost = Cost()
    hashed = PasswordHasher(cost.passes, cost.memory_kib, 1).hash(PASSWORD)
    bare: list[Contender] = []

    @contextmanager
    def contender(kind: Kind, label: str, url: str) -> Iterator[Contender]:
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
            found = Contender(kind, label, url, processes, rounds, bare[0] if bare else None)
            bare.append(found)
            yield found

    yield contender("bare", "none", "")
    for store in stores or ("",):
        for kind in kinds:
            url = store or f"sqlite:///{folder}/{kind}.db"
            if kind != "plain_jwt":
                yield contender(kind, label(url), url)
    if "plain_jwt" in kinds:
        yield contender("plain_jwt", "none", "")


def label(url: str) -> str:
    """What a store is called in the columns."""
    scheme = urlsplit(url).scheme
    return {"postgres": "postgresql", "rediss": "redis"}.get(scheme, scheme)
