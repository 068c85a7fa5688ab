"""One-time codes of an authenticator app (TOTP, RFC 6238): SHA-1, six digits, 30 seconds, which
are what every app takes.  A code works once."""

import hmac
import logging
from pathlib import Path

import pyotp
from sqlalchemy import ColumnElement, Select, Table, exists, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from ...errors import ConfigurationError, Rejected
from ...keys import Seal, base64url
from ..db.database import TABLES, Database
from .factor_tables import PASSKEYS, TOTP

log = logging.getLogger("doorward")

STEP = 30
"""Seconds for which a code is shown."""

DRIFT = 1
"""Steps by which the clock of a phone may be wrong, in either direction."""

_PAGE, _SOME = 500, 5


class Totp:
    """The secrets of authenticator apps in a database, sealed.  Each method is atomic, and may
    raise `StoreUnavailable`."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def sealed(self, subject: str, secret: str) -> str:
        """A secret as it is stored: it opens for this user alone."""
        return base64url.encode(self._seal.close(subject, secret.encode())).decode()

    def opened(self, subject: str, sealed: str) -> str | None:
        """The secret; None where the root key that sealed it is not given any more."""
        try:
            found = self._seal.open(subject, base64url.decode(sealed.encode()))
        except Rejected:
            found = None
        if found is None:
            log.error("the TOTP secret of %s opens under no root key that is given", subject)
        return None if found is None else found.decode()

    async def since(self, subject: str) -> int | None:
        """Since when this user has an app, or None."""
        rows = await self._database.run(select(TOTP.c.created_at).where(_of(subject)))
        return int(rows[0][0]) if rows else None

    async def add(
        self, subject: str, sealed: str, *, step: int, at: int, ending: int, first: bool = False
    ) -> bool:
        """Keep a secret whose code of `step` was just proved; that code is used.  False, and
        nothing written, where there is a secret already, or with `first`, any second factor, and
        where the account is gone or has another `ending` by now, as for a passkey."""
        values = {"secret": sealed, "last_step": step, "created_at": at}
        row = [literal(subject, TOTP.c.subject.type)]
        row += [literal(value, TOTP.c[name].type) for name, value in values.items()]
        others: list[Table] = [PASSKEYS] if first else []
        free = [~exists(select(1).where(table.c.subject == subject)) for table in others]
        users = TABLES.tables["doorward_users"].c
        same = (users.subject == subject, users.ending == ending)
        made = select(*row).where(*same, *free)
        statement = insert(TOTP).from_select(["subject", *values], made)
        try:
            return bool(await self._database.run(statement.returning(TOTP.c.subject)))
        except IntegrityError:
            return False

    async def use(self, subject: str, code: str, *, at: int) -> bool:
        """Whether this is a code of now that was not used; it is from now on: of many who send it
        at once, one may.  A code older than one that was used is refused as well."""
        rows = await self._database.run(select(TOTP.c.secret).where(_of(subject)))
        secret = self.opened(subject, rows[0][0]) if rows else None
        for step in () if secret is None else matching(secret, code, at=at):
            if await self._advance(subject, rows[0][0], step):
                return True
        return False

    async def reseal(self) -> None:
        """Seal under the newest root key what an older one sealed, so that the older one may be
        dropped.  A code that is used meanwhile stays used."""
        after = ""
        while rows := await self._database.run(_page(after, _PAGE)):
            for row in rows:
                if not self._seal.is_current(row.subject, base64url.decode(row.secret.encode())):
                    await self._reseal(row.subject, row.secret)
            after = rows[-1].subject

    async def check_root_key(self) -> None:
        """Raises `ConfigurationError` when the root key given is not the one of the secrets: all
        codes would be wrong."""
        rows = await self._database.run(_page("", _SOME))
        if rows and all(self.opened(row.subject, row.secret) is None for row in rows):
            raise ConfigurationError(
                "The secrets of authenticator apps in the database are sealed under another root"
                " key than the one given: give the one this database was used with."
            )

    async def _reseal(self, subject: str, old: str) -> None:
        secret = self.opened(subject, old)
        if secret is not None:
            same = (_of(subject), TOTP.c.secret == old)
            new = self.sealed(subject, secret)
            await self._database.run(update(TOTP).where(*same).values(secret=new))

    async def _advance(self, subject: str, sealed: str, step: int) -> bool:
        """Note that the code of `step` was used, of the very secret that was looked at."""
        unused = (_of(subject), TOTP.c.secret == sealed, TOTP.c.last_step < step)
        statement = update(TOTP).where(*unused).values(last_step=step)
        return bool(await self._database.run(statement.returning(TOTP.c.subject)))


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226 section 4)."""
    return pyotp.random_base32()


def uri(secret: str, *, site: str, email: str) -> str:
    """What an app reads from a QR code: `otpauth://totp/...`."""
    # a colon divides the label, whichever way it is written
    issuer = site.replace(":", " ")
    return pyotp.TOTP(secret).provisioning_uri(name=email.replace(":", " "), issuer_name=issuer)


def matching(secret: str, code: str, *, at: int) -> list[int]:
    """The steps around this time of which this is the code, the earliest first."""
    typed = "".join(code.split())
    if len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        return []
    app, now = pyotp.TOTP(secret), at // STEP
    steps = range(max(0, now - DRIFT), now + DRIFT + 1)
    return [step for step in steps if hmac.compare_digest(app.at(step * STEP), typed)]


async def check_not_lost(database: Database, missing: Path) -> None:
    """The file of the root key is missing, and a new one would be made.  Raises
    `ConfigurationError` when there are secrets that only the old one opens."""
    if await database.run(_page("", 1)):
        raise ConfigurationError(
            "The database holds secrets of authenticator apps that are sealed under a root key, but"
            f" {missing} is missing; restore it, or give the key in DOORWARD_ROOT_KEY."
        )


def _page(after: str, limit: int) -> Select[tuple[str, str]]:
    rows = select(TOTP.c.subject, TOTP.c.secret).where(TOTP.c.subject > after)
    return rows.order_by(TOTP.c.subject).limit(limit)


def _of(subject: str) -> ColumnElement[bool]:
    return TOTP.c.subject == subject
