"""Scopes: what an application may ask for, and the sentence by which a person decides."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ...errors import DoorwardError
from ...settings import MAX_ROLE_BYTES
from ..db.database import Database
from .tables import CLIENTS, SCOPES

OPENID, OFFLINE = "openid", "offline_access"

LONGEST, LONGEST_SENTENCE = 80, 200
MAX_RESOURCE = 200

_NAME = re.compile(r"[!#-\[\]-~]+")
_RESOURCE = re.compile(r"https://[!$-;=?-\[\]_a-z~]+|http://(127\.0\.0\.1|\[::1\])[!$-;=?-~]*")


_USE = (CLIENTS.c.client_id, CLIENTS.c.name, CLIENTS.c.scopes, CLIENTS.c.describes_itself)


class InvalidScope(DoorwardError):
    """A scope cannot be added or removed, for the reason that it says.  `field` is the member of
    `Scope` that is wrong, if one is."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One scope.  `resource` is the API that it is of, empty for those of OpenID Connect;
    `sentence` tells a person what the application will be able to do."""

    name: str
    resource: str
    sentence: str


STANDARD: Mapping[str, Scope] = {
    each.name: each
    for each in (
        Scope(name=OPENID, resource="", sentence="Know that it is you."),
        Scope(name="email", resource="", sentence="See your e-mail address."),
        Scope(
            name=OFFLINE,
            resource="",
            sentence="Keep this access while you are logged out, until you end it.",
        ),
    )
}
"""The scopes of OpenID Connect Core (section 5.4 and 11), which every server knows."""


def is_name(text: str) -> bool:
    """Whether a scope may have this name (RFC 6749 section 3.3)."""
    return bool(_NAME.fullmatch(text)) and len(text) <= LONGEST


def fit_a_token(names: Collection[str]) -> bool:
    """Whether a grant can carry all of these scopes (`doorward.settings.MAX_ROLE_BYTES`)."""
    return len(json.dumps(sorted(set(names)))) <= MAX_ROLE_BYTES


def check_resource(resource: str) -> None:
    """Raises `InvalidScope` for what can be no name of an API (RFC 8707 section 2)."""
    if not _RESOURCE.fullmatch(resource) or len(resource) > MAX_RESOURCE:
        raise InvalidScope(
            f"A resource is the address of an API: https://, or http://127.0.0.1 on this machine,"
            f" up to {MAX_RESOURCE} characters, without a fragment.",
            "resource",
        )


class Scopes:
    """The scopes in a database.  Each method may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scope: Scope) -> None:
        """Add a scope.  Raises `InvalidScope` for one that is there, or that cannot be."""
        if not is_name(scope.name):
            raise InvalidScope(
                f"The name of a scope is up to {LONGEST} characters of ASCII, without spaces,"
                ' " and \\.',
                "name",
            )
        check_resource(scope.resource)
        sentence = scope.sentence.strip()
        if not sentence.isprintable() or not 0 < len(sentence) <= LONGEST_SENTENCE:
            raise InvalidScope(
                f"A sentence is one line of up to {LONGEST_SENTENCE} characters.", "sentence"
            )
        there = InvalidScope(f"There is a scope {scope.name} already.", "name")
        if scope.name in STANDARD:
            raise there
        row = {"name": scope.name, "resource": scope.resource, "sentence": sentence}
        try:
            await self._database.run(insert(SCOPES).values(row))
        except IntegrityError:
            raise there from None

    async def remove(self, name: str) -> Scope | None:
        """Remove a scope; None when there is none.  Raises `InvalidScope` while a client may ask
        for it, which could do so of another API once somebody adds a scope of the same name.  From
        clients that describe themselves it is taken: one decision more about each, which their
        grants have to learn."""
        if name in STANDARD:
            raise InvalidScope(f"{name} is a scope of every server.")
        if not is_name(name):  # a database may refuse to look for what strangers write
            return None
        here = SCOPES.c.name == name
        async with self._database.writing() as transaction:
            rows = await transaction.execute(select(*_USE))
            users = [row for row in rows if name in json.loads(row.scopes)]
            using = sorted(row.name for row in users if not row.describes_itself)
            if using:
                shown = ", ".join(using[:3]) + (" and others" if using[3:] else "")
                raise InvalidScope(f"{shown} may ask for {name}; take it from there first.")
            for row in users:
                left = [each for each in json.loads(row.scopes) if each != name]
                less = {"scopes": json.dumps(left), "decided": CLIENTS.c.decided + 1}
                of_it = CLIENTS.c.client_id == row.client_id
                await transaction.execute(update(CLIENTS).where(of_it).values(less))
            rows = await transaction.execute(delete(SCOPES).where(here).returning(*SCOPES.c))
            return next((Scope(**row._asdict()) for row in rows), None)

    async def all(self) -> Sequence[Scope]:
        """The operator's scopes, by name."""
        rows = await self._database.run(select(SCOPES).order_by(SCOPES.c.name))
        return [Scope(**row._asdict()) for row in rows]

    async def known(self) -> Mapping[str, Scope]:
        """All scopes by name, with those of OpenID Connect."""
        return {**STANDARD, **{each.name: each for each in await self.all()}}
