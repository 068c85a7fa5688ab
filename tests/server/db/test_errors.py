"""What PostgreSQL says of a row reaches no log, whatever SQLAlchemy makes of it."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from doorward.errors import StoreUnavailable
from doorward.server.db.engines.postgres import _unavailable


def raised_by_sqlalchemy(error: asyncpg.PostgresError) -> DBAPIError:
    """As its oldest versions raise it: the text of the driver's own, with DETAIL and HINT."""
    try:
        raise RuntimeError(f"{type(error)}: {error}") from error
    except RuntimeError as adapted:
        return DBAPIError("INSERT", (), adapted)


def test_the_detail_and_the_hint_of_an_error_stay_out_of_its_sentence() -> None:
    error = asyncpg.RaiseError("first\nsecond")
    error.detail, error.hint = "s3cret", "third"
    assert "s3cret" in str(error)
    with pytest.raises(StoreUnavailable) as caught, _unavailable():
        raise raised_by_sqlalchemy(error)
    assert str(caught.value) == "first second"
