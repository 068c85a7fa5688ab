"""Instances of Doorward that the lab starts itself."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from ..passwords import CHEAP
from ..server.app import create_app
from ..server.http.serving import make_server
from ..server.options import Options
from ..types import Clock, Mode
from .address import Address, parse_address
from .certificate import Tls, make_certificate
from .files import HTTPS_HOST, Files
from .inside import Inside
from .lab import Instance, Lab, LabClock
from .serving import Service, served
from .stolen import stored

SIGNUPS = 100_000
"""Sign-ups a minute: the lab creates accounts faster than people do."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where an instance keeps its data.  `label` is empty for the usual SQLite."""

    folder: Path
    database: str
    sessions: str
    label: str = ""

    @property
    def has_file(self) -> bool:
        """Whether SQLite holds the users and the audit log."""
        return self.database.startswith("sqlite:")

    @property
    def root_key(self) -> Path:
        return self.folder / "key" / "root.key"


@contextmanager
def storage(store: str = "") -> Iterator[Storage]:
    """A temporary folder with a SQLite database; or the empty store at a URL, which is not cleaned
    up.  Redis holds the sessions only; everything else is then in SQLite."""
    with TemporaryDirectory(prefix="doorward-attack-") as name:
        usual, label = f"sqlite:///{name}/doorward.db", urlsplit(store).scheme
        database = usual if label in ("", "redis", "rediss") else store
        yield Storage(Path(name), database, store or database, label)


@contextmanager
def own_instance(
    mode: Mode,
    where: Storage | None = None,
    tls: Tls | None = None,
    *,
    verify_first: bool = False,
) -> Iterator[Instance]:
    """An instance on a free loopback port, with a database of its own or in `where`."""
    with storage() if where is None else nullcontext(where) as found:
        clock, secure = LabClock(), tls is not None

        @contextmanager
        def nodes(*, ahead: int = 0, tls: bool = False) -> Iterator[Address]:
            made = make_certificate(found.folder) if tls else None
            # the origin is the issuer of tokens, and a node accepts tokens of its own issuer only
            origin = None if tls or secure else _url(first, None)
            options = replace(_options(found, mode, made), public_origin=origin)
            with _node(options, lambda: clock() + ahead) as (port, _):
                yield parse_address(_url(port, made))

        file = found.folder / "doorward.db" if found.has_file else None
        files = Files(file, found.root_key, partial(_https, mode))
        dump = partial(stored, found.database, found.sessions)
        options = replace(_options(found, mode, tls), verify="first" if verify_first else "off")
        with _node(options, clock) as (first, inside):
            another = partial(own_instance, mode)
            outside = (files, dump, clock, nodes, inside.operator(), another)
            lab = Lab(*outside, inside.applications())
            yield Instance.at(_url(first, tls), lab, found.label)


@contextmanager
def _https(mode: Mode, certificate: Path, key: Path) -> Iterator[int]:
    with storage() as found:
        options = _options(found, mode, Tls(str(certificate), str(key)))
        options = replace(options, public_origin=f"https://{HTTPS_HOST}")
        with _node(options, LabClock()) as (port, _):
            yield port


def _url(port: int, tls: Tls | None) -> str:
    return f"{'http' if tls is None else 'https'}://localhost:{port}"


def _options(where: Storage, mode: Mode, tls: Tls | None) -> Options:
    return Options(
        mode=mode,
        database=where.database,
        sessions=where.sessions,
        root_key_file=str(where.root_key),
        signup_limit=SIGNUPS,
        tls_cert=None if tls is None else tls.certificate,
        tls_key=None if tls is None else tls.key,
        provider=True,
        login_by_mail=tls is None,  # over https there is no outbox, and no mail server here
    )


@contextmanager
def _node(options: Options, clock: Clock) -> Iterator[tuple[int, Inside]]:
    inside = Inside()

    def make(port: int) -> Service:
        listening = replace(options, port=port)
        # no attack measures the cost of a password, and nobody reads the printed links
        app = create_app(listening, clock=clock, cost=CHEAP, say=lambda line: None)
        server = make_server(app, listening)
        return Service(server, inside.entered(app), server.loop_factory)

    with served(make) as port:
        yield port, inside
