"""Clients: other applications, as the operator registered them (RFC 6749 section 2)."""

import hmac
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any, Literal, NamedTuple

from sqlalchemy import Row, func, insert, select, update

from ...errors import DoorwardError
from ..db.database import Database
from . import redirect_uri
from .scopes import STANDARD, Scope, check_resource
from .tables import CLIENTS

Kind = Literal["public", "confidential"]

LONGEST_NAME, MOST_URIS = 60, 20

SECRET_PREFIX = "dwc_"  # noqa: S105 - it is public, so that a leaked secret is known for one


_ID = re.compile(r"c_[0-9a-f]{32}")


class InvalidClient(DoorwardError):
    """A client cannot be registered so, for the reason that it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One application.  Only a `confidential` one can keep a secret.

    `scopes` are those that it may ask for, `resources` the APIs they are of.  `decided` counts the
    decisions about it, and `settled` is the last that is known to have reached its grants.
    """

    client_id: str
    name: str
    kind: Kind
    secret_hash: str | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    resources: frozenset[str]
    created_at: int
    disabled_at: int | None = None
    decided: int = 0
    settled: int = 0

    def has_secret(self, secret: str) -> bool:
        """Whether this is its secret; compared in constant time."""
        return self.secret_hash is not None and hmac.compare_digest(
            _hashed(secret), self.secret_hash
        )

    def facts(self) -> dict[str, Any]:
        """What the operator may read of it."""
        return {
            "client_id": self.client_id,
            "name": self.name,
            "kind": self.kind,
            "redirect_uris": list(self.redirect_uris),
            "scopes": sorted(self.scopes),
            "resources": sorted(self.resources),
            "created_at": self.created_at,
            "disabled_at": self.disabled_at,
        }


class Added(NamedTuple):
    """A new client.  Its `secret` is known at this moment alone; a public one has none."""

    client: Client
    secret: str | None


class Clients:
    """The clients in a database.  Each method is atomic, and may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        name: str,
        kind: Kind,
        redirect_uris: Sequence[str],
        scopes: Collection[Scope],
        *,
        at: int,
    ) -> Added:
        """Register an application.  Its resources are those of its scopes.  Raises
        `InvalidClient`."""
        secret = SECRET_PREFIX + token_urlsafe(32) if kind == "confidential" else None
        client = Client(
            client_id=f"c_{token_hex(16)}",
            name=_checked_name(name),
            kind=kind,
            secret_hash=None if secret is None else _hashed(secret),
            redirect_uris=_checked_uris(redirect_uris),
            scopes=frozenset(each.name for each in scopes),
            resources=frozenset(each.resource for each in scopes if each.name not in STANDARD),
            created_at=at,
        )
        for resource in client.resources:
            check_resource(resource)
        await self._database.run(insert(CLIENTS).values(_row(client)))
        return Added(client, secret)

    async def find(self, client_id: str) -> Client | None:
        """The client with this id, disabled or not."""
        if not _ID.fullmatch(client_id):  # a database may refuse to look for what strangers write
            return None
        rows = await self._database.run(select(CLIENTS).where(CLIENTS.c.client_id == client_id))
        return _client(rows[0]) if rows else None

    async def all(self) -> Sequence[Client]:
        """All clients, by name."""
        order = (CLIENTS.c.name, CLIENTS.c.client_id)
        return [_client(row) for row in await self._database.run(select(CLIENTS).order_by(*order))]

    async def disable(self, client_id: str, *, at: int) -> Client | None:
        """Refuse this client from now on: one decision more.  One disabled before keeps its first
        time.  None when it is unknown."""
        if not _ID.fullmatch(client_id):
            return None
        disabled = func.coalesce(CLIENTS.c.disabled_at, at)
        statement = update(CLIENTS).where(CLIENTS.c.client_id == client_id)
        changed = statement.values(disabled_at=disabled, decided=CLIENTS.c.decided + 1)
        rows = await self._database.run(changed.returning(*CLIENTS.c))
        return _client(rows[0]) if rows else None

    async def unsettled(self) -> Sequence[Client]:
        """Those of which something decided has not reached the grants."""
        waiting = select(CLIENTS).where(CLIENTS.c.decided != CLIENTS.c.settled)
        return [_client(row) for row in await self._database.run(waiting)]

    async def settle(self, client: Client) -> bool:
        """Note that the grants know of its last decision.  False when another was made since."""
        same = (CLIENTS.c.client_id == client.client_id, CLIENTS.c.decided == client.decided)
        statement = update(CLIENTS).where(*same).values(settled=client.decided)
        return bool(await self._database.run(statement.returning(CLIENTS.c.client_id)))


def _checked_name(name: str) -> str:
    """People decide by the name, so it is one line that shows all that is in it."""
    plain = " ".join(name.split())
    if not plain.isprintable() or not 0 < len(plain) <= LONGEST_NAME:
        raise InvalidClient(f"The name of an application has 1 to {LONGEST_NAME} characters.")
    return plain


def _checked_uris(uris: Sequence[str]) -> tuple[str, ...]:
    if not 0 < len(uris) <= MOST_URIS:
        raise InvalidClient(f"An application has 1 to {MOST_URIS} redirect URIs.")
    for uri in uris:
        try:
            redirect_uri.check_registered(uri)
        except ValueError as error:
            raise InvalidClient(f"{uri!a:.80}: {error}.") from None
    return tuple(dict.fromkeys(uris))


def _hashed(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _row(client: Client) -> dict[str, Any]:
    lists = {
        "redirect_uris": list(client.redirect_uris),
        "scopes": sorted(client.scopes),
        "resources": sorted(client.resources),
    }
    plain = ("client_id", "name", "kind", "secret_hash", "created_at", "disabled_at")
    return {name: getattr(client, name) for name in plain} | {
        name: json.dumps(each) for name, each in lists.items()
    }


def _client(row: Row[Any]) -> Client:
    said = row._asdict()
    said["redirect_uris"] = tuple(json.loads(said["redirect_uris"]))
    said["scopes"] = frozenset(json.loads(said["scopes"]))
    said["resources"] = frozenset(json.loads(said["resources"]))
    return Client(**said)
