"""Consents: what a person allowed an application.  One outlives the grants that it led to."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from ..db.database import Database, Transaction
from .tables import CLIENTS, CONSENTS, UNSETTLED

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What one person allowed one application.  `resources` are the audiences of its tokens.
    `unsettled`: it was withdrawn, and nobody noted yet that its grants have ended."""

    subject: str
    client_id: str
    scopes: frozenset[str]
    resources: frozenset[str]
    given_at: int
    changed_at: int
    withdrawn_at: int | None = None
    unsettled: bool = False

    def covers(self, scopes: Collection[str], resource: str) -> bool:
        """Whether all of this is still allowed."""
        allowed = self.scopes.issuperset(scopes) and resource in self.resources
        return self.withdrawn_at is None and allowed


class Consents:
    """The consents in a database.  Each method is atomic, and may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, subject: str, client_id: str) -> Consent | None:
        """What this person allowed this application, withdrawn or not."""
        here = CONSENTS.c.id == _id(subject, client_id)
        rows = await self._database.run(select(CONSENTS).where(here))
        return _consent(rows[0]) if rows else None

    async def give(
        self, subject: str, client_id: str, scopes: Collection[str], resource: str, *, at: int
    ) -> Consent:
        """Allow this, beside what is allowed already.  What was withdrawn is not allowed again, and
        has to be settled before: whoever ends its grants would end those of this consent.  Nor is
        what the application may not ask for any more, since the person read what it asked."""
        here = CONSENTS.c.id == _id(subject, client_id)
        async with self._database.writing() as transaction:
            scopes = await _still_asked(transaction, client_id, scopes)
            before = [*map(_consent, await transaction.execute(select(CONSENTS).where(here)))]
            standing = next((each for each in before if each.withdrawn_at is None), None)
            consent = Consent(
                subject=subject,
                client_id=client_id,
                scopes=frozenset(scopes) | (standing.scopes if standing else frozenset()),
                resources=frozenset({resource}) | (standing.resources if standing else frozenset()),
                given_at=standing.given_at if standing else at,
                changed_at=at,
                unsettled=any(each.unsettled for each in before),
            )
            row = _row(consent)
            await transaction.execute(
                update(CONSENTS).where(here).values(row) if before else insert(CONSENTS).values(row)
            )
        return consent

    async def withdraw(self, subject: str, client_id: str, *, at: int) -> bool:
        """Take all of it back; whoever does so ends the grants, and then settles it.  False when
        there was nothing to take back."""
        here = (CONSENTS.c.id == _id(subject, client_id), CONSENTS.c.withdrawn_at.is_(None))
        statement = (
            update(CONSENTS).where(*here).values(withdrawn_at=at, changed_at=at, unsettled=1)
        )
        return bool(await self._database.run(statement.returning(CONSENTS.c.id)))

    async def narrow(
        self,
        subject: str,
        client_id: str,
        scopes: Collection[str],
        resources: Collection[str],
        *,
        at: int,
    ) -> bool:
        """Take back all but this, in the operator's name; whoever does so ends the grants of more.
        False when there was no more."""
        here = (CONSENTS.c.id == _id(subject, client_id), CONSENTS.c.withdrawn_at.is_(None))
        async with self._database.writing() as transaction:
            rows = await transaction.execute(select(CONSENTS).where(*here))
            for consent in map(_consent, rows):
                kept, there = consent.scopes & set(scopes), consent.resources & set(resources)
                if (kept, there) == (consent.scopes, consent.resources):
                    return False
                left = replace(consent, scopes=kept, resources=there, changed_at=at)
                row = _row(left if kept and there else replace(left, withdrawn_at=at))
                await transaction.execute(update(CONSENTS).where(*here).values(row))
                return True
        return False

    async def settle(self, subject: str, client_id: str) -> None:
        """Note that the grants of what was withdrawn have ended."""
        here = CONSENTS.c.id == _id(subject, client_id)
        await self._database.run(update(CONSENTS).where(here).values(unsettled=0))

    async def unsettled(self) -> Sequence[Consent]:
        """What was withdrawn and not settled: at most `PAGE`."""
        rows = select(CONSENTS).where(UNSETTLED).order_by(CONSENTS.c.id).limit(PAGE)
        return [_consent(row) for row in await self._database.run(rows)]

    async def of_person(self, subject: str) -> Sequence[Consent]:
        """What a person allows now, the latest change first."""
        theirs = (CONSENTS.c.subject == subject, CONSENTS.c.withdrawn_at.is_(None))
        latest = (CONSENTS.c.changed_at.desc(), CONSENTS.c.id)
        rows = await self._database.run(select(CONSENTS).where(*theirs).order_by(*latest))
        return [_consent(row) for row in rows]

    async def subjects(self, client_id: str, after: str = "") -> Sequence[str]:
        """Who ever allowed this application anything, withdrawn or not: at most `PAGE`, the next
        ones `after` the last."""
        of_it = (CONSENTS.c.client_id == client_id, CONSENTS.c.id > _id(after, client_id))
        rows = select(CONSENTS.c.subject).where(*of_it).order_by(CONSENTS.c.id).limit(PAGE)
        return [row.subject for row in await self._database.run(rows)]

    async def forget(self, subject: str) -> None:
        """Delete what a person allowed who is gone."""
        await self._database.run(delete(CONSENTS).where(CONSENTS.c.subject == subject))


async def forget_consents(transaction: Transaction, subject: str) -> None:
    """Delete what a person allowed, who is gone."""
    await transaction.execute(delete(CONSENTS).where(CONSENTS.c.subject == subject))


async def _still_asked(
    transaction: Transaction, client_id: str, scopes: Collection[str]
) -> frozenset[str]:
    rows = await transaction.execute(
        select(CLIENTS.c.scopes).where(CLIENTS.c.client_id == client_id)
    )
    return frozenset(scopes).intersection(*(json.loads(row.scopes) for row in rows))


def _id(subject: str, client_id: str) -> str:
    return f"{subject}:{client_id}"


def _row(consent: Consent) -> dict[str, Any]:
    return {
        "id": _id(consent.subject, consent.client_id),
        "subject": consent.subject,
        "client_id": consent.client_id,
        "scopes": json.dumps(sorted(consent.scopes)),
        "resources": json.dumps(sorted(consent.resources)),
        "given_at": consent.given_at,
        "changed_at": consent.changed_at,
        "withdrawn_at": consent.withdrawn_at,
        "unsettled": int(consent.unsettled),
    }


def _consent(row: Row[Any]) -> Consent:
    said = row._asdict()
    del said["id"]
    said["unsettled"] = bool(said["unsettled"])
    said["scopes"] = frozenset(json.loads(said["scopes"]))
    said["resources"] = frozenset(json.loads(said["resources"]))
    return Consent(**said)
