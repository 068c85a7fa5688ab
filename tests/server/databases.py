"""Every kind of database that can hold the server's tables."""

from pathlib import Path

import pytest

from tests.support import migrated

POSTGRES, VALKEY = (
    pytest.param(kind, marks=pytest.mark.process) for kind in ("postgres", "valkey")
)
MEMORY, FILE = (pytest.param(kind, marks=pytest.mark.engine) for kind in ("memory", "file"))
KINDS = (MEMORY, FILE, POSTGRES)


def new_url(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a new database, whose tables are there.  PostgreSQL is started only if it is asked
    for."""
    match kind:
        case "memory":
            return "memory:"
        case "file":
            folder.mkdir(parents=True, exist_ok=True)
            return migrated.new_file(folder / "doorward.db")
        case _:
            return migrated.new_database(request.getfixturevalue("postgres"))


def empty_url(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a database in which there is nothing yet, or which is not there at all."""
    match kind:
        case "memory":
            return "memory:"
        case "file":
            return f"sqlite:///{folder}/doorward.db"
        case _:
            url: str = request.getfixturevalue("postgres").new_database()
            return url
