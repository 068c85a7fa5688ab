"""Two servers on one SQLite file: what one is told binds the next request to the other.

In the ordinary suite in token mode; two nodes in threads show the same in both modes, on each
engine (`nodes/test_journeys.py`).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import cast

import pytest

from doorward.types import Mode
from tests.journeys.conftest import KINDS, TOKENS, Kind, Server
from tests.journeys.traveller import Traveller, travelling
from tests.support.server import Serve

Pair = tuple[Server, Server]


@pytest.fixture(
    params=[
        pytest.param(kind, id=str(kind), marks=() if kind in TOKENS else pytest.mark.soak)
        for kind in KINDS
    ]
)
def kind(request: pytest.FixtureRequest) -> Kind:
    return cast(Kind, request.param)


@pytest.fixture(scope="module")
def started() -> dict[Mode, Pair]:
    """The servers that run already."""
    return {}


@pytest.fixture
def pair(kind: Kind, serve: Serve, started: dict[Mode, Pair]) -> Pair:
    mode = kind.mode
    if mode not in started:
        options = ("--mode", mode, "--signup-limit", "1000")
        first = serve(*options)
        same = ("--database", first.database, "--root-key-file", str(first.root_key_file))
        # one application in two processes has one public origin
        second = serve(*options, *same, "--public-origin", first.url)
        started[mode] = Server(first, mode), Server(second, mode)
    return started[mode]


@contextmanager
def both(pair: Pair, kind: Kind, email: str) -> Iterator[tuple[Traveller, Traveller]]:
    """One login, as it is shown to the first server and to the second."""
    with ExitStack() as stack:
        here, there = [stack.enter_context(travelling(each.url, kind[1])) for each in pair]
        here.sign_up(email)
        here.log_in(email)
        there.held = here.held
        assert here.knows("sid") == there.knows("sid")
        yield here, there


def test_a_login_at_one_is_good_at_the_other_and_a_logout_ends_both(
    pair: Pair, kind: Kind, email: str
) -> None:
    with both(pair, kind, email) as (here, there):
        copy = there.copy()
        assert here.ask("POST", "/api/logout").status_code == 204
        assert copy.is_out()


def test_ending_one_session_at_one_binds_the_other(pair: Pair, kind: Kind, email: str) -> None:
    with both(pair, kind, email) as (here, there), travelling(pair[0].url, kind[1]) as owner:
        owner.log_in(email)
        for _ in range(3):
            sid = there.knows("sid")
            assert owner.ask("DELETE", f"/api/sessions/{sid}").status_code == 204
            assert there.is_out()
            assert here.is_out()
            here.log_in(email)


def test_ending_all_others_at_one_binds_the_other(pair: Pair, kind: Kind, email: str) -> None:
    with both(pair, kind, email) as (here, there), travelling(pair[1].url, kind[1]) as other:
        other.log_in(email)
        assert here.ask("DELETE", "/api/sessions").status_code == 204
        assert other.is_out()
        assert not there.is_out()


def test_roles_and_a_lock_bind_both_at_once(pair: Pair, kind: Kind, email: str) -> None:
    with both(pair, kind, email) as (here, there):
        pair[0].set_roles(email, "editor")
        assert (there.knows("roles"), here.knows("roles")) == (["editor"], ["editor"])
        pair[0].lock(email)
        assert here.is_out()
        assert there.is_out()
        assert there.log_in(email).status_code == 401


@pytest.mark.parametrize("kind", TOKENS, ids=str, indirect=True)
def test_a_refresh_token_that_both_are_shown_has_one_successor(
    pair: Pair, kind: Kind, email: str
) -> None:
    with both(pair, kind, email) as (here, there):
        name = "refresh_token" if kind[1] == "bearer" else "__Host-refresh"
        body = {"refresh_token": here.held[name]}
        answers = [each.ask("POST", "/api/refresh", body) for each in (here, there) * 3]
        assert [answer.status_code for answer in answers] == [200] * 6
        assert sum("refresh_token" in answer.json() for answer in answers) == 1
        assert not there.is_out()
