"""Two nodes on one real store across a network: how soon a decision binds, whatever breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from doorward import Auth, Issued, Reason, Rejected, Settings, StoreUnavailable
from doorward.stores import Backend
from doorward.types import Mode
from doorward.web.lifecycle import Lifecycle
from tests.core.between import Between
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy, running_proxy
from tests.support.until import comes_true
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]

BOUND = 1
"""Seconds of `max_staleness`."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Two nodes; what `there` says to the store goes through `cable`, what `here` asks it is in
    `calls`."""

    here: Auth
    there: Auth
    cable: Proxy
    calls: list[str]

    async def login(self) -> Issued:
        """A login that both nodes have checked before."""
        issued = await (await self.here.attempt()).login("ann", roles=["reader"])
        for node in (self.here, self.there):
            await node.authenticate(issued.credential)
        return issued


@pytest.fixture(params=["postgres", "valkey"])
def url(request: pytest.FixtureRequest) -> str:
    """A store that is empty."""
    if request.param == "postgres":
        return cast(Postgres, request.getfixturevalue("postgres")).new_database()
    server = cast(Valkey, request.getfixturevalue("valkey"))
    return server.url


@pytest.fixture(params=["session", "token"])
def mode(request: pytest.FixtureRequest) -> Mode:
    return cast(Mode, request.param)


@pytest.fixture
async def nodes(url: str, mode: Mode, tmp_path: Path) -> AsyncIterator[Nodes]:
    port, key_file = urlsplit(url).port or 0, tmp_path / "root.key"
    settings = Settings(mode=mode, max_staleness=BOUND)
    calls: list[str] = []

    def around(store: Backend) -> Backend:
        counted = Between(store)
        counted.calls = calls
        return counted.backend

    async with AsyncExitStack() as stack:
        cable = await stack.enter_async_context(running_proxy(port))
        far = url.replace(f":{port}/", f":{cable.port}/")
        here = Lifecycle(url, settings, root_key_file=key_file, around=around)
        there = Lifecycle(far, settings, root_key_file=key_file)
        found = [
            await stack.enter_async_context(lifecycle.running()) for lifecycle in (here, there)
        ]
        yield Nodes(found[0], found[1], cable, calls)


async def is_refused(node: Auth, credential: str, why: Reason = Reason.REVOKED) -> bool:
    try:
        await node.authenticate(credential)
    except Rejected as error:
        if error.reason is not why:
            raise
        return True
    return False


async def refused_in_time(
    node: Auth, credential: str, acknowledged: float, why: Reason = Reason.REVOKED
) -> None:
    """It is refused, though perhaps not before the store answers again, and after the bound it is
    never accepted."""

    async def obeys() -> bool:
        began = monotonic()
        try:
            refused = await is_refused(node, credential, why)
        except StoreUnavailable:
            return False
        assert refused or began - acknowledged < BOUND
        return refused

    await comes_true(obeys)


async def test_a_revocation_binds_elsewhere_as_soon_as_it_is_announced(nodes: Nodes) -> None:
    for _ in range(20):
        issued = await nodes.login()
        await nodes.here.revoke(sid=issued.session.sid)
        await refused_in_time(nodes.there, issued.credential, monotonic())
        assert await is_refused(nodes.here, issued.credential)


async def test_a_change_of_roles_binds_elsewhere_and_logs_nobody_out(nodes: Nodes) -> None:
    issued = await nodes.login()
    await nodes.here.change("ann", roles=["admin"])

    async def roles() -> set[str]:
        return set((await nodes.there.authenticate(issued.credential)).roles)

    acknowledged = monotonic()
    while await roles() != {"admin"}:
        assert monotonic() - acknowledged < BOUND
        await asyncio.sleep(0)


async def test_a_session_token_dies_elsewhere_once_a_refresh_token_made_of_it_is_used(
    url: str, tmp_path: Path
) -> None:
    def lifecycle(**modes: Any) -> Lifecycle:
        settings = Settings(**modes, max_staleness=BOUND)
        return Lifecycle(url, settings, root_key_file=tmp_path / "root.key")

    changing: dict[str, Any] = {"mode": "token", "accept": ("session", "token")}
    lifecycles = [lifecycle(mode="session"), lifecycle(**changing), lifecycle(**changing)]
    async with AsyncExitStack() as stack:
        before, here, there = [
            await stack.enter_async_context(each.running()) for each in lifecycles
        ]
        old = await (await before.attempt()).login("ann")
        tokens = await here.refresh(old.credential)
        for node in (before, here, there):
            await node.authenticate(old.credential)
        await here.refresh(tokens.refresh_token or "")
        acknowledged = monotonic()
        assert await is_refused(here, old.credential, Reason.UNKNOWN)
        for node in (before, there):
            await refused_in_time(node, old.credential, acknowledged, Reason.UNKNOWN)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgres", "token"),
        ("valkey", "session"),
        pytest.param("postgres", "session", marks=pytest.mark.soak),
        pytest.param("valkey", "token", marks=pytest.mark.soak),
    ],
    indirect=True,
)
async def test_a_node_that_is_cut_off_accepts_nothing_beyond_the_bound(nodes: Nodes) -> None:
    issued = await nodes.login()
    nodes.cable.black_hole()
    await nodes.here.revoke(sid=issued.session.sid)
    acknowledged = monotonic()
    accepted, refused = 0.0, 0
    while refused < 2:
        try:
            began = monotonic()
            await nodes.there.authenticate(issued.credential)
            accepted = began - acknowledged
        except StoreUnavailable:
            refused += 1
        await asyncio.sleep(0)
    assert accepted < BOUND
    await nodes.cable.restore()
    await refused_in_time(nodes.there, issued.credential, acknowledged)


async def test_connections_that_are_reset_are_made_anew(nodes: Nodes) -> None:
    issued = await nodes.login()
    for _ in range(3):
        nodes.cable.reset()
        other = await (await nodes.here.attempt()).login("bob")
        await nodes.here.revoke(sid=other.session.sid)
        await refused_in_time(nodes.there, other.credential, monotonic())
    assert (await nodes.there.authenticate(issued.credential)).subject == "ann"


async def test_ten_thousand_checks_while_the_view_is_fresh_ask_the_store_ten_times_at_most(
    nodes: Nodes,
) -> None:
    issued = await nodes.login()
    nodes.calls.clear()
    for _ in range(10_000):
        await nodes.here.authenticate(issued.credential)
    assert len(nodes.calls) <= 10  # the follower's own, no check's
