"""Journeys whose every step may be made at another node."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from doorward.types import Mode
from tests.journeys.changing import Start
from tests.journeys.conftest import TOKENS, Kind
from tests.journeys.traveller import Traveller
from tests.nodes.conftest import FRONTS, SOAK, Cluster, cluster, each_once, rows
from tests.support.server import running_server
from tests.support.thread_server import server_in_thread
from tests.support.until import until

pytestmark = pytest.mark.process

KILLED = [(server_in_thread, FRONTS[0], "token"), (running_server, FRONTS[-1], "session")]
"""Each front and each mode once, in the ordinary suite; one of them with a real process."""

AT_ONCE = 30
BOUND = 1 + 2
"""Seconds of `--max-staleness`, and of a busy machine."""

STEPS = 6
"""Requests in a row: enough that each node is asked."""


@contextmanager
def arrived(nodes: Cluster, kind: Kind, email: str) -> Iterator[Traveller]:
    with nodes.arriving(kind[1]) as ann:
        ann.sign_up(email)
        assert ann.log_in(email).status_code == 200
        yield ann


def is_in(traveller: Traveller) -> bool:
    """At every node."""
    return {traveller.me().status_code for _ in range(STEPS)} == {200}


def is_out(traveller: Traveller) -> bool:
    """At every node, if not at once then within the bound of what a node may not know yet."""
    until(lambda: all([traveller.is_out() for _ in range(STEPS)]), BOUND)
    return True


def test_a_login_at_one_is_good_at_all_until_it_logs_out_at_one(
    nodes: Cluster, kind: Kind, email: str
) -> None:
    with arrived(nodes, kind, email) as ann:
        assert is_in(ann)
        thief = ann.copy()
        assert ann.ask("POST", "/api/logout").status_code == 204
        assert is_out(thief)


def test_a_revocation_at_one_binds_all(nodes: Cluster, kind: Kind, email: str) -> None:
    with arrived(nodes, kind, email) as ann, nodes.arriving(kind[1]) as other:
        other.log_in(email)
        assert is_in(other)
        assert ann.ask("DELETE", f"/api/sessions/{other.knows('sid')}").status_code == 204
        assert is_out(other)
        assert is_in(ann)


def test_a_change_of_roles_binds_all_and_a_lock_too(nodes: Cluster, kind: Kind, email: str) -> None:
    with arrived(nodes, kind, email) as ann:
        assert is_in(ann)
        nodes.operator.set_roles(email, "editor")
        expected = [["editor"]] * STEPS
        until(lambda: [ann.knows("roles") for _ in range(STEPS)] == expected, BOUND)
        nodes.operator.lock(email)
        assert is_out(ann)
        assert ann.log_in(email).status_code == 401


@pytest.mark.parametrize("row", rows(TOKENS), indirect=True)
def test_thirty_refreshes_at_once_over_all_nodes_give_one_new_refresh_token(
    nodes: Cluster, kind: Kind, email: str
) -> None:
    with arrived(nodes, kind, email) as ann, ExitStack() as stack:
        name = "refresh_token" if kind[1] == "bearer" else "__Host-refresh"
        body = {"refresh_token": ann.held[name]}
        tabs = [stack.enter_context(nodes.arriving(kind[1])) for _ in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda tab: tab.ask("POST", "/api/refresh", body), tabs))
        assert [answer.status_code for answer in answers] == [200] * AT_ONCE
        assert sum("refresh_token" in answer.json() for answer in answers) == 1
        assert is_in(ann)


@pytest.mark.parametrize("row", each_once(), indirect=True)
def test_two_people_with_a_jar_each_never_cross(nodes: Cluster, kind: Kind, email: str) -> None:
    other_email = f"other-{email}"
    with arrived(nodes, kind, email) as ann, arrived(nodes, kind, other_email) as bob:
        subjects = {each: each.knows("subject") for each in (ann, bob)}
        assert len(set(subjects.values())) == 2
        for _ in range(100):
            for each in (ann, bob):
                assert each.knows("subject") == subjects[each]


@pytest.mark.parametrize(
    ("start", "front", "mode"),
    [
        *KILLED,
        *(
            pytest.param(running_server, front, mode, marks=SOAK)
            for front in FRONTS
            for mode in ("session", "token")
            if (running_server, front, mode) not in KILLED
        ),
    ],
)
def test_when_a_node_is_killed_nobody_notices(
    start: Start, front: str, mode: Mode, tmp_path: Path
) -> None:
    kind = Kind(mode, "cookie")
    with (
        cluster(front, mode, tmp_path, start=start) as nodes,
        arrived(nodes, kind, "ann@example.org") as ann,
    ):
        assert is_in(ann)
        nodes.nodes[1].kill()
        assert is_in(ann)
        assert ann.log_in("ann@example.org").status_code == 200
        assert is_in(ann)
