"""Pytest fixtures for applications that use Doorward; loaded by installing it."""

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .attacked import Attacked
    from .client import Client


NO_APP = """\
fixture 'app' not found: logged_in_as needs a fixture named app that returns your application.
Put one into conftest.py, for example:

    import pytest
    from app import app as application

    @pytest.fixture
    def app():
        return application
"""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Let the report say what to do where a test asks for `logged_in_as` and there is no `app`."""
    error = None if call.excinfo is None else call.excinfo.value
    if not isinstance(error, pytest.FixtureLookupError) or error.argname != "app":
        return
    if "logged_in_as" in getattr(item, "fixturenames", ()):
        error.msg = NO_APP


@pytest.fixture
def logged_in_as(app: Any) -> Iterator[Callable[..., "Client"]]:
    """`logged_in_as("alice", roles=["editor"])` is a client of your `app` fixture on which alice
    is logged in.  Several people may be logged in side by side; the application's lifespan runs
    around them all."""
    from .client import Client

    with Client(app) as host:

        def log_in(subject: str, *, roles: Collection[str] = (), **more: Any) -> Client:
            client = Client(app)
            client.portal = host.portal  # one event loop, one lifespan, one database
            client.log_in(subject, roles=roles, **more)
            return client

        yield log_in


@pytest.fixture(scope="module")
def attacked() -> Iterator["Attacked"]:
    """What the tests of `doorward.testing.attacks` attack."""
    from .attacked import serving_for_attacks

    with serving_for_attacks() as start:
        yield start
