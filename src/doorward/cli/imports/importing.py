"""The import itself: each row judged, and the good ones written some hundred at a time."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from ...password_hashes import parse
from ...server.accounts.user import ADMIN, User
from .account import BadRow, Fields, account
from .subject_map import SubjectMap

BATCH = 200
"""Accounts of one transaction, which holds the write lock for some milliseconds."""

NO_PASSWORD = "none"  # noqa: S105 - the name of a count
"""The scheme of an account without a password."""

Read = Callable[[Fields], Fields]
Write = Callable[[Collection[User]], Awaitable[Mapping[str, str]]]
Place = Literal["row", "line"]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is not imported, and why.  `row` is the line of a file on which it ends."""

    row: int
    id: str
    email: str
    reason: str


@dataclass(slots=True)
class Result:
    """What became of the rows.  `skipped` are accounts whose address has one, `refused` rows that
    cannot be imported; all other counts are of imported accounts."""

    imported: int = 0
    skipped: int = 0
    locked: int = 0
    verified: int = 0
    admins: int = 0
    admins_left_out: int = 0
    hashes: dict[str, int] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)


class _Waiting(NamedTuple):
    old_id: str
    user: User
    left_out: bool  # of the administrators


class Import:
    """Takes row after row.  `read` puts a row into the fields of a file; `write` is
    `Users.add_many`, or for a trial `Users.taken`; without `admins`, nobody gets that role.
    `place` is what the numbers count: the lines of a file, or the rows of a table."""

    def __init__(
        self,
        read: Read,
        write: Write,
        subjects: SubjectMap,
        now: int,
        *,
        admins: bool,
        place: Place = "row",
    ) -> None:
        self.result = Result()
        self._read, self._write, self._subjects = read, write, subjects
        self._now, self._admins, self._place = now, admins, place
        self._seen: dict[str, int] = {}
        self._waiting: list[_Waiting] = []

    async def take(self, number: int, row: Fields | BadRow) -> None:
        """Judge a row, and write those that wait if there are enough."""
        fields: Fields = {}
        try:
            if isinstance(row, BadRow):
                raise row
            fields = row
            fields = self._read(row)
            self._waiting.append(self._judged(number, fields))
        except BadRow as bad:
            old_id, email = _shown(fields, "id"), _shown(fields, "email")
            self.result.refused.append(RefusedRow(number, old_id, email, str(bad)))
        if len(self._waiting) == BATCH:
            await self.finish()

    async def finish(self) -> None:
        """Write those that wait."""
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        taken = await self._write([each.user for each in batch])
        for each in batch:
            if each.user.email in taken:
                self.result.skipped += 1
            else:
                self._count(each)
        self._subjects.note([(each.old_id, each.user) for each in batch], taken)

    def _judged(self, number: int, fields: Fields) -> _Waiting:
        user = account(fields, self._now)
        first = self._seen.setdefault(user.email, number)
        if first != number:
            raise BadRow(f"{self._place.capitalize()} {first} has the same address.")
        left_out = ADMIN in user.roles and not self._admins
        if left_out:
            user = replace(user, roles=user.roles - {ADMIN})
        return _Waiting(_shown(fields, "id"), user, left_out)

    def _count(self, each: _Waiting) -> None:
        result, user = self.result, each.user
        hashed = user.password_hash
        scheme = NO_PASSWORD if hashed is None else parse(hashed).scheme
        result.imported += 1
        result.hashes[scheme] = result.hashes.get(scheme, 0) + 1
        result.locked += user.locked_at is not None
        result.verified += user.verified_at is not None
        result.admins += ADMIN in user.roles
        result.admins_left_out += each.left_out


def _shown(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value)
