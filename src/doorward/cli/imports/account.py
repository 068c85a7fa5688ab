"""One account of another system, read and judged."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ...errors import DoorwardError
from ...password_hashes import UnknownHash, parse
from ...server.accounts.email import InvalidEmail, canonical
from ...server.accounts.role_names import InvalidRole, written
from ...server.accounts.user import ADMIN, User
from ...server.accounts.users import new_subject
from ...types import Roles

Fields = Mapping[str, object]
"""A row of the source, by the names that a file gives them (`NAMES`)."""

NAMES = ("id", "email", "password_hash", "roles", "verified", "created_at", "locked")

_YES = frozenset({"true", "t", "yes", "1"})
_NO = frozenset({"false", "f", "no", "0", ""})


class BadRow(DoorwardError):
    """A row that cannot be imported.  The sentence says why, without the hash."""


def account(fields: Fields, now: int) -> User:
    """The user that a row describes.  Raises `BadRow`."""
    unknown = sorted(fields.keys() - set(NAMES))
    if unknown:
        raise BadRow(f"There is no field {unknown[0]}; the fields are {', '.join(NAMES)}.")
    try:
        email, roles = canonical(_text(fields, "email")), _roles(fields)
        written(roles)
    except (InvalidEmail, InvalidRole) as error:
        raise BadRow(str(error)) from None
    created_at = _moment(fields, now)
    return User(
        subject=new_subject(),
        email=email,
        password_hash=_password_hash(fields),
        roles=roles,
        locked_at=now if truth(fields, "locked") else None,
        created_at=created_at,
        password_changed_at=created_at,
        verified_at=now if truth(fields, "verified") else None,
    )


def of_fastapi_users(row: Fields) -> Fields:
    """A row of fastapi-users' table.  A superuser has the role `admin`."""
    return {
        "id": row["id"],
        "email": row["email"],
        "password_hash": row["hashed_password"],
        "roles": [ADMIN] if truth(row, "is_superuser") else [],
        "verified": row.get("is_verified"),
        "created_at": row.get("created_at"),
        "locked": not truth(row, "is_active", otherwise=True),
    }


def of_django(row: Fields) -> Fields:
    """A row of Django's table.  Where the address is empty, a name that is one takes its place."""
    return {
        "id": row["id"],
        "email": row.get("email") or row.get("username"),
        "password_hash": row["password"],
        "roles": [ADMIN] if truth(row, "is_superuser") else [],
        "created_at": row.get("date_joined"),
        "locked": not truth(row, "is_active", otherwise=True),
    }


def truth(fields: Fields, name: str, *, otherwise: bool = False) -> bool:
    """A field that is yes or no, in the words of JSON, CSV and databases; `otherwise` where it is
    missing.  Raises `BadRow`."""
    value = fields.get(name)
    if value is None:
        return otherwise
    said = str(value).strip().lower()
    if said not in _YES | _NO:
        raise BadRow(f"{name} is neither true nor false.")
    return said in _YES


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    value = "" if value is None else value
    if not isinstance(value, str):
        raise BadRow(f"{name} is no text.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRow(f"{name} is not in UTF-8.") from None
    return value


def _password_hash(fields: Fields) -> str | None:
    """None without a hash, and for Django's mark that nobody can log in by password."""
    hashed = _text(fields, "password_hash")
    if not hashed or hashed.startswith("!"):
        return None
    try:
        parse(hashed)
    except UnknownHash as unknown:
        raise BadRow(str(unknown)) from None
    return hashed


def _roles(fields: Fields) -> Roles:
    given = fields.get("roles") or []
    if isinstance(given, str):
        given = given.replace(",", " ").split()
    if not isinstance(given, list) or not all(isinstance(role, str) for role in given):
        raise BadRow("roles is no list of names.")
    return frozenset(given)


def _moment(fields: Fields, now: int) -> int:
    """When the account was made, in seconds since 1970; `now` where nothing says it."""
    given = fields.get("created_at")
    if given is None or given == "":
        return now
    at = next((at for read in _CLOCKS if (at := read(given)) is not None), None)
    if at is None:
        raise BadRow("created_at is no time: write 2026-03-01T09:30:00Z, or seconds since 1970.")
    if not 0 <= at <= now:
        raise BadRow("created_at is before 1970 or in the future.")
    return at


def _seconds(given: object) -> int | None:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    try:
        return int(float(given))
    except (ValueError, OverflowError):
        return None


def _date(given: object) -> int | None:
    """A time without a zone is in UTC, as Django keeps it."""
    try:
        moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


_CLOCKS: tuple[Callable[[object], int | None], ...] = (_seconds, _date)
