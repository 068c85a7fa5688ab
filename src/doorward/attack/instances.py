"""Instances of Doorward that the lab starts for itself."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from ..passwords import CHEAP
from ..server.app import create_app
from ..server.edge.serving import make_server
from ..server.options import Options
from ..types import Clock, Mode
from .address import Address, parse_address
from .certificate import Tls, make_certificate
from .lab import Files, Instance, Lab, LabClock
from .serving import Service, served
from .stolen import stored

SIGNUPS = 100_000
"""Sign-ups a minute: the lab makes its accounts faster than people do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance keeps its data.  `label` is empty for the usual SQLite."""

    folder: Path
    database: str
    sessions: str
    label: str = ""

    @property
    def root_key(self) -> Path:
        return self.folder / "key" / "root.key"


@contextmanager
def place(store: str = "") -> Iterator[Place]:
    """A folder that is deleted after it, and in it a SQLite database; or the empty store at a URL,
    which keeps what is written.  Redis holds the sessions, all else is then in SQLite."""
    with TemporaryDirectory(prefix="doorward-attack-") as name:
        usual, label = f"sqlite:///{name}/doorward.db", urlsplit(store).scheme
        database = usual if label in ("", "redis", "rediss") else store
        yield Place(Path(name), database, store or database, label)


@contextmanager
def own_instance(
    mode: Mode, where: Place | None = None, tls: Tls | None = None
) -> Iterator[Instance]:
    """An instance on a free loopback port, with a database of its own or in `where`."""
    with place() if where is None else nullcontext(where) as found:
        clock = LabClock()
        run = partial(_node, found, mode)
        files = Files(
            found.folder,
            found.database,
            found.sessions,
            found.root_key,
            partial(stored, found.database, found.sessions),
        )

        @contextmanager
        def nodes(*, ahead: int = 0, tls: bool = False) -> Iterator[Address]:
            made = make_certificate(found.folder) if tls else None
            with run(lambda: clock() + ahead, made) as address:
                yield address

        with run(clock, tls) as address:
            yield Instance(address, Lab(files, clock, nodes), found.label)


@contextmanager
def _node(where: Place, mode: Mode, clock: Clock, tls: Tls | None) -> Iterator[Address]:
    with served(partial(_service, where, mode, clock, tls)) as port:
        yield parse_address(f"{'http' if tls is None else 'https'}://localhost:{port}")


def _service(where: Place, mode: Mode, clock: Clock, tls: Tls | None, port: int) -> Service:
    options = Options(
        port=port,
        mode=mode,
        database=where.database,
        sessions=where.sessions,
        root_key_file=str(where.root_key),
        signup_limit=SIGNUPS,
        tls_cert=tls and tls.certificate,
        tls_key=tls and tls.key,
    )
    app = create_app(options, clock=clock, cost=CHEAP)  # no attack measures what a password costs
    server = make_server(app, options)
    return Service(server, app.router.lifespan_context(app), server.loop_factory)
