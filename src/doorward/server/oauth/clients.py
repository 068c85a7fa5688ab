"""The clients in a database."""

import json
import re
from collections.abc import Collection, Sequence
from secrets import token_hex, token_urlsafe
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update

from ...settings import DAY
from ..db.database import Database, Transaction
from .client import (
    Changes,
    Client,
    InvalidClient,
    Registration,
    hashed_secret,
    no_such_scope,
)
from .client_document import is_document_id
from .scopes import STANDARD, Scope, check_resource, is_name
from .tables import CLIENTS, CONSENTS, SCOPES

SECRET_PREFIX = "dwc_"  # noqa: S105 - it is public, so that a leaked secret is known for one

OVERLAP = DAY
"""Seconds for which an old secret works beside the new one, unless it is said otherwise."""

_ID = re.compile(r"c_[0-9a-f]{32}")

_SETS, _LISTS = ("scopes", "resources"), ("redirect_uris", "post_logout_uris")
_FLAGS = ("acts_for_itself", "pkce_exempt", "describes_itself")
_PLAIN = (
    *("client_id", "name", "kind", "secret_hash", "id_token_alg"),
    *("fresh_until", "created_at", "disabled_at"),
)

_SETTLED = CLIENTS.c.decided == CLIENTS.c.settled


class Added(NamedTuple):
    """A client with a new secret, which is known at this moment alone; a public one has none."""

    client: Client
    secret: str | None


class Clients:
    """The clients in a database.  Each method is atomic, and may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, registration: Registration, *, at: int) -> Added:
        """Register an application.  Its resources are those of its scopes.  Raises `InvalidClient`
        for a scope that is not there."""
        secret = _new_secret() if registration.kind == "confidential" else None
        client = Client(
            client_id=f"c_{token_hex(16)}",
            kind=registration.kind,
            secret_hash=None if secret is None else hashed_secret(secret),
            created_at=at,
            **_said(registration),
        )
        async with self._database.writing() as transaction:
            await _known(transaction, client.scopes)
            await transaction.execute(insert(CLIENTS).values(_row(client)))
        return Added(client, secret)

    async def find(self, client_id: str) -> Client | None:
        """The client with this id, disabled or not."""
        if not _is_id(client_id):  # a database may refuse to look for what strangers write
            return None
        rows = await self._database.run(select(CLIENTS).where(CLIENTS.c.client_id == client_id))
        return _client(rows[0]) if rows else None

    async def describe(
        self, client_id: str, said: Registration, *, at: int, fresh_until: int
    ) -> Client | None:
        """Keep what a client says of itself; see `change` for what it asks for no more.  None when
        it was disabled meanwhile, or its grants have not learnt of the decision before."""
        here, now = CLIENTS.c.client_id == client_id, _said(said)
        async with self._database.writing() as transaction:
            before = [*map(_client, await transaction.execute(select(CLIENTS).where(here)))]
            new = Client(
                client_id=client_id,
                kind=said.kind,
                secret_hash=None,
                created_at=at,
                fresh_until=fresh_until,
                **now,
            )
            if not before:
                await transaction.execute(insert(CLIENTS).values(_row(new)))
                return new
            if before[0].disabled_at is not None or not before[0].settled_now:
                return None
            decided = before[0].decided + _loses(before[0], now)
            values = {**_stored(now), "decided": decided, "fresh_until": fresh_until}
            await transaction.execute(update(CLIENTS).where(here).values(values))
            rows = list(await transaction.execute(select(CLIENTS).where(here)))
        return _client(rows[0])

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

    async def change(self, client_id: str, changes: Changes) -> Client | None:
        """Change a registration.  One decision more if the client may do less afterwards, which its
        grants have to learn.  Raises `InvalidClient` for what cannot be registered.

        None when it is unknown, or when its grants have not learnt of the decision before: that one
        could no longer be read from the row.
        """
        if not _is_id(client_id):
            return None
        here = CLIENTS.c.client_id == client_id
        async with self._database.writing() as transaction:
            rows = list(await transaction.execute(select(CLIENTS).where(here, _SETTLED)))
            if not rows:
                return None
            before = _client(rows[0])
            if before.describes_itself:  # the operator would vouch for what a stranger wrote
                raise InvalidClient("This application describes itself; it can be disabled here.")
            after = _said(await _changed(transaction, before, changes))
            decided = before.decided + _loses(before, after)
            stored = {**_stored(after), "decided": decided}
            await transaction.execute(update(CLIENTS).where(here).values(stored))
            rows = list(await transaction.execute(select(CLIENTS).where(here)))
        return _client(rows[0])

    async def rotate(self, client_id: str, *, at: int, overlap: int = OVERLAP) -> Added | None:
        """Give a client a new secret.  The one before works for `overlap` seconds more, and all
        earlier ones no longer.  None when it is unknown.  Raises `InvalidClient` for a public
        one."""
        secret = _new_secret()
        old = {
            "old_secret_hash": CLIENTS.c.secret_hash if overlap > 0 else None,
            "old_secret_until": at + overlap if overlap > 0 else None,
        }
        has_one = CLIENTS.c.secret_hash.is_not(None)
        client = await self._update(client_id, has_one, secret_hash=hashed_secret(secret), **old)
        if client is None and await self.find(client_id) is not None:
            raise InvalidClient("A public application has no secret.")
        return None if client is None else Added(client, secret)

    async def disable(self, client_id: str, *, at: int) -> Client | None:
        """Refuse this client from now on: one decision more.  One disabled before keeps its first
        time.  None when it is unknown."""
        disabled = func.coalesce(CLIENTS.c.disabled_at, at)
        return await self._update(client_id, disabled_at=disabled, decided=CLIENTS.c.decided + 1)

    async def enable(self, client_id: str) -> Client | None:
        """Let a client that was disabled ask again.  None when it is unknown, or when its grants
        have not ended yet: nobody would end them afterwards."""
        return await self._update(client_id, _SETTLED, disabled_at=None)

    async def forget_described(self, at: int) -> None:
        """Delete the clients that describe themselves, were not asked for in a day, and to whom
        nobody ever allowed anything: strangers can make as many as they like.  One that the
        operator refused stays refused."""
        allowed = select(CONSENTS.c.id).where(CONSENTS.c.client_id == CLIENTS.c.client_id)
        old = (CLIENTS.c.describes_itself == 1, CLIENTS.c.fresh_until < at - DAY, _SETTLED)
        unused = (CLIENTS.c.disabled_at.is_(None), ~allowed.exists())
        await self._database.run(delete(CLIENTS).where(*old, *unused))

    async def unsettled(self) -> Sequence[Client]:
        """Those of which something decided has not reached the grants."""
        rows = await self._database.run(select(CLIENTS).where(~_SETTLED))
        return [_client(row) for row in rows]

    async def settle(self, client: Client) -> bool:
        """Note that the grants know of its last decision.  False when another was made since."""
        same = CLIENTS.c.decided == client.decided
        return await self._update(client.client_id, same, settled=client.decided) is not None

    async def _update(
        self, client_id: str, *where: ColumnElement[bool], **values: Any
    ) -> Client | None:
        if not _is_id(client_id):
            return None
        statement = update(CLIENTS).where(CLIENTS.c.client_id == client_id, *where).values(values)
        rows = await self._database.run(statement.returning(*CLIENTS.c))
        return _client(rows[0]) if rows else None


def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None or is_document_id(text)


def _new_secret() -> str:
    return SECRET_PREFIX + token_urlsafe(32)


async def _known(transaction: Transaction, names: Collection[str]) -> list[Scope]:
    """The scopes of these names.  Read where the client is written, so that none is removed in
    between."""
    wanted = sorted(frozenset(names) - STANDARD.keys())
    # a database may refuse to look for what strangers write
    here = SCOPES.c.name.in_([name for name in wanted if is_name(name)])
    rows = await transaction.execute(select(SCOPES).where(here))
    found = [Scope(**row._asdict()) for row in rows]
    if missing := [name for name in wanted if name not in {each.name for each in found}]:
        raise no_such_scope(missing)
    return [*found, *(scope for name, scope in STANDARD.items() if name in names)]


async def _changed(transaction: Transaction, client: Client, changes: Changes) -> Registration:
    said: dict[str, Any] = {
        "name": client.name,
        "redirect_uris": client.redirect_uris,
        "post_logout_uris": client.post_logout_uris,
        "acts_for_itself": client.acts_for_itself,
        "pkce_exempt": client.pkce_exempt,
        "id_token_alg": client.id_token_alg,
        **changes,
    }
    said["scopes"] = await _known(transaction, changes.get("scopes", client.scopes))
    return Registration(kind=client.kind, **said)


def _loses(before: Client, after: dict[str, Any]) -> bool:
    """Whether there may be grants that the client could not ask for any more."""
    less_of_people = before.scopes - after["scopes"] or before.resources - after["resources"]
    return bool(less_of_people) or before.acts_for_itself > after["acts_for_itself"]


def _said(registration: Registration) -> dict[str, Any]:
    """What a registration says of a `Client`, beside its kind."""
    return {
        "name": registration.name,
        "redirect_uris": tuple(registration.redirect_uris),
        "post_logout_uris": tuple(registration.post_logout_uris),
        "scopes": frozenset(each.name for each in registration.scopes),
        "resources": _resources(registration.scopes),
        "acts_for_itself": registration.acts_for_itself,
        "pkce_exempt": registration.pkce_exempt,
        "id_token_alg": registration.id_token_alg,
        "describes_itself": registration.describes_itself,
    }


def _resources(scopes: Collection[Scope]) -> frozenset[str]:
    found = frozenset(each.resource for each in scopes if each.name not in STANDARD)
    for resource in found:
        check_resource(resource)
    return found


def _row(client: Client) -> dict[str, Any]:
    return _stored({name: getattr(client, name) for name in (*_PLAIN, *_SETS, *_LISTS, *_FLAGS)})


def _stored(said: dict[str, Any]) -> dict[str, Any]:
    """As the columns hold it."""
    return {name: _column(name, value) for name, value in said.items()}


def _column(name: str, value: Any) -> Any:
    if name in _SETS:
        return json.dumps(sorted(value))
    return json.dumps(value) if name in _LISTS else int(value) if name in _FLAGS else value


def _client(row: Row[Any]) -> Client:
    said = row._asdict()
    said |= {name: frozenset(json.loads(said[name])) for name in _SETS}
    said |= {name: tuple(json.loads(said[name])) for name in _LISTS}
    said |= {name: bool(said[name]) for name in _FLAGS}
    return Client(**said)
