"""What a log may show of an error of PostgreSQL, whichever SQLAlchemy wraps it."""

from traceback import format_exception

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from doorward.stores.asyncpg_driver import original, said, without_details

OF_POSTGRESQL = {"M": "first\nsecond", "C": "23505", "D": "Key (email)=(s3cret)", "H": "third"}


def wrapped(error: Exception, text: str) -> Exception:
    """The error as SQLAlchemy raises it, with the text that it makes of asyncpg's."""
    try:
        try:
            raise Exception(text) from error
        except Exception as adapted:
            raise DBAPIError.instance("SELECT 1", None, adapted, Exception) from adapted
    except DBAPIError as outer:
        return outer


@pytest.fixture(params=["2.0", "2.1"])
def raised(request: pytest.FixtureRequest) -> Exception:
    """An error with details, in the shapes of the SQLAlchemy versions that are allowed."""
    error = asyncpg.PostgresError.new(OF_POSTGRESQL)
    old = f"{type(error)}: {error}"
    return wrapped(error, old if request.param == "2.0" else "first\nsecond")


def test_the_message_is_one_line_without_details(raised: Exception) -> None:
    assert said(raised) == "first second"
    assert isinstance(original(raised), asyncpg.UniqueViolationError)


def test_the_text_that_another_error_copied_is_cut() -> None:
    copied = Exception(str(asyncpg.PostgresError.new(OF_POSTGRESQL)))
    assert said(copied) == "first second"


def test_an_error_of_the_driver_is_one_line_too() -> None:
    assert said(asyncpg.InterfaceError("closed", detail="s3cret", hint="third")) == "closed"


def test_no_traceback_shows_details(raised: Exception) -> None:
    shown = "".join(format_exception(without_details(raised)))
    assert "second" in shown
    assert "s3cret" not in shown
    assert "third" not in shown


def test_what_is_no_error_of_postgresql_stays_as_it_is() -> None:
    error = OSError(111, "refused")
    assert without_details(error) is error
    assert error.args == (111, "refused")
