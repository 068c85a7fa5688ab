"""Every kind of database that can hold the server's tables."""

from pathlib import Path

import pytest

KINDS = ("memory", "file", "postgres")


def new_url(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of an empty database.  PostgreSQL is started only if it is asked for."""
    match kind:
        case "memory":
            return "memory:"
        case "file":
            return f"sqlite:///{folder}/doorward.db"
        case _:
            url: str = request.getfixturevalue("postgres").new_database()
            return url
