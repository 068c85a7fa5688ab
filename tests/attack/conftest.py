"""Instances that the attacks of this folder share."""

from collections.abc import Iterator

import pytest

from doorward.attack.browser import CHROMIUM
from doorward.attack.instances import own_instance
from doorward.attack.lab import Instance
from doorward.attack.naive_instance import naive_instance
from tests.support.nginx import nginx_path

collect_ignore = [] if nginx_path() else ["test_smuggling_behind_nginx.py"]


@pytest.fixture(scope="module")
def own() -> Iterator[dict[str, Instance]]:
    """Doorward, by mode."""
    with own_instance("session") as session, own_instance("token") as token:
        yield {"session": session, "token": token}


@pytest.fixture(scope="module")
def naive() -> Iterator[dict[str, Instance]]:
    """The careless application, by mode."""
    with naive_instance("session") as session, naive_instance("token") as token:
        yield {"session": session, "token": token}


@pytest.fixture(scope="session", autouse=True)
def _chromium() -> Iterator[None]:
    """The browser ends with the tests, and not after each."""
    yield
    CHROMIUM.close()
