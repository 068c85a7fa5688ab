"""The clients in a database."""

import json
import re
from collections.abc import Collection, Sequence
from secrets import token_hex, token_urlsafe
from typing import Any, NamedTuple

from sqlalchemy import Row, func, insert, select, update

from ..db.database import Database
from .client import Client, Registration, hashed_secret
from .scopes import STANDARD, Scope, check_resource
from .tables import CLIENTS

SECRET_PREFIX = "dwc_"  # noqa: S105 - it is public, so that a leaked secret is known for one

_ID = re.compile(r"c_[0-9a-f]{32}")

_SETS, _LISTS = ("scopes", "resources"), ("redirect_uris", "post_logout_uris")
_FLAGS = ("acts_for_itself", "pkce_exempt")
_PLAIN = ("client_id", "name", "kind", "secret_hash", "id_token_alg", "created_at", "disabled_at")


class Added(NamedTuple):
    """A new client.  Its `secret` is known at this moment alone; a public one has none."""

    client: Client
    secret: str | None


class Clients:
    """The clients in a database.  Each method is atomic, and may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, registration: Registration, *, at: int) -> Added:
        """Register an application.  Its resources are those of its scopes."""
        secret = _new_secret() if registration.kind == "confidential" else None
        client = Client(
            client_id=f"c_{token_hex(16)}",
            name=registration.name,
            kind=registration.kind,
            secret_hash=None if secret is None else hashed_secret(secret),
            redirect_uris=tuple(registration.redirect_uris),
            post_logout_uris=tuple(registration.post_logout_uris),
            scopes=frozenset(each.name for each in registration.scopes),
            resources=_resources(registration.scopes),
            acts_for_itself=registration.acts_for_itself,
            pkce_exempt=registration.pkce_exempt,
            id_token_alg=registration.id_token_alg,
            created_at=at,
        )
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

    async def id_token_algorithms(self) -> frozenset[str]:
        """What the clients in use want their ID tokens signed with, beside the algorithm of access
        tokens."""
        wanted = (CLIENTS.c.id_token_alg.is_not(None), CLIENTS.c.disabled_at.is_(None))
        rows = await self._database.run(select(CLIENTS.c.id_token_alg).where(*wanted).distinct())
        return frozenset(row.id_token_alg for row in rows)

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


def _new_secret() -> str:
    return SECRET_PREFIX + token_urlsafe(32)


def _resources(scopes: Collection[Scope]) -> frozenset[str]:
    found = frozenset(each.resource for each in scopes if each.name not in STANDARD)
    for resource in found:
        check_resource(resource)
    return found


def _row(client: Client) -> dict[str, Any]:
    lists = {name: json.dumps(sorted(getattr(client, name))) for name in _SETS}
    lists |= {name: json.dumps(getattr(client, name)) for name in _LISTS}
    flags = {name: int(getattr(client, name)) for name in _FLAGS}
    return {name: getattr(client, name) for name in _PLAIN} | lists | flags


def _client(row: Row[Any]) -> Client:
    said = row._asdict()
    said |= {name: frozenset(json.loads(said[name])) for name in _SETS}
    said |= {name: tuple(json.loads(said[name])) for name in _LISTS}
    said |= {name: bool(said[name]) for name in _FLAGS}
    return Client(**said)
