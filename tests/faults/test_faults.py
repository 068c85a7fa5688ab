"""Whatever breaks, nothing revoked is accepted later than `max_staleness` after its revocation was
acknowledged, no check hangs, and all is well again by itself within five seconds.

Each test plays in both modes at once, on either engine, with the node in a process of its own.
"""

import asyncio
import signal
from pathlib import Path
from time import monotonic

import asyncpg
import pytest

from doorward.settings import DAY
from doorward.stores import Decision, Store, open_store
from doorward.types import system_clock
from tests.faults.conftest import Engine
from tests.faults.scene import BOUND, scene, signal_all
from tests.support.postgres import Postgres
from tests.support.until import PATIENCE, eventually
from tests.support.valkey import running_valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]


ENGINES = ("postgres", "valkey")


def on(engine: str) -> pytest.MarkDecorator:
    """On this engine in the ordinary suite, on the other under soak: of a fault that does not look
    different to the two drivers."""
    others = [pytest.param(each, marks=pytest.mark.soak) for each in ENGINES if each != engine]
    return pytest.mark.parametrize("engine", [engine, *others], indirect=True)


async def after_the_bound() -> None:
    """Long enough that only what is checked anew may be accepted."""
    await asyncio.sleep(BOUND + 0.2)


async def test_the_feed_is_cut(engine: Engine, tmp_path: Path, recovery: float) -> None:
    async with scene(engine.fresh(), tmp_path, recovery) as play:
        for _ in range(3):
            engine.cut_feed()
        acknowledged = await play.revoke()
        engine.cut_feed()
        await play.refused(acknowledged)
        await play.well(acknowledged)
        await play.judge(acknowledged)


@on("postgres")
async def test_everything_is_black_holed(engine: Engine, tmp_path: Path, recovery: float) -> None:
    async with scene(engine.fresh(), tmp_path, recovery) as play:
        play.cable.black_hole()
        acknowledged = await play.revoke()
        for _, credential in (*play.doomed.values(), *play.spared.values()):
            await play.node.until(credential, {"unavailable"}, acknowledged, play.recovery)
        await play.cable.restore()
        mended = monotonic()
        await play.refused(mended)
        await play.well(mended)
        await play.judge(acknowledged)


@on("valkey")
async def test_the_store_is_paused(engine: Engine, tmp_path: Path, recovery: float) -> None:
    async with scene(engine.fresh(), tmp_path, recovery) as play:
        acknowledged = await play.revoke()
        signal_all(engine.process.pid, signal.SIGSTOP)
        await after_the_bound()
        await after_the_bound()
        signal_all(engine.process.pid, signal.SIGCONT)
        resumed = monotonic()
        await play.refused(resumed)
        await play.well(resumed)
        await play.judge(acknowledged)


async def test_the_store_is_killed_and_started_again(
    engine: Engine, tmp_path: Path, recovery: float
) -> None:
    async with scene(engine.fresh(), tmp_path, recovery) as play:
        acknowledged = await play.revoke()
        signal_all(engine.process.pid, signal.SIGKILL)
        engine.process.wait(PATIENCE)
        await after_the_bound()
        engine.restart()
        started = monotonic()
        await play.refused(started)
        await play.well(started)
        await play.judge(acknowledged)


@on("valkey")
@pytest.mark.parametrize("seconds", [2 * BOUND, pytest.param(5, marks=pytest.mark.soak)])
async def test_the_node_is_paused(
    engine: Engine, tmp_path: Path, recovery: float, seconds: int
) -> None:
    async with scene(engine.fresh(), tmp_path, recovery) as play:
        play.node.pause()
        acknowledged = await play.revoke()
        await asyncio.sleep(seconds)
        play.node.resume()
        resumed = monotonic()
        await play.refused(resumed)
        await play.well(resumed)
        report = await play.node.tell(report=True)
        for _, credential in play.doomed.values():
            accepted = [run.last for run in report[credential] if run.answer == "accepted"]
            assert max(accepted) < acknowledged + BOUND


@on("postgres")
async def test_the_node_is_cut_off_for_longer_than_changes_are_kept(
    engine: Engine, tmp_path: Path, recovery: float
) -> None:
    async with scene(engine.fresh(), tmp_path, recovery) as play:
        play.cable.black_hole()
        acknowledged = await play.revoke()
        await after_the_bound()
        # two days later nobody else knows of the decision any more
        await play.node.tell(step=2 * DAY)
        store = play.deciders["session"].store
        while await store.purge(system_clock() + DAY):
            pass
        assert (await store.changes(None)).entries == []
        await play.cable.restore()
        mended = monotonic()
        answers = {"session": {"unknown", "revoked"}, "token": {"expired", "revoked"}}
        for mode, (_, credential) in play.doomed.items():
            await play.node.until(credential, answers[mode], mended, play.recovery)
        report = await play.node.tell(report=True)
        for _, credential in play.doomed.values():
            accepted = [run.last for run in report[credential] if run.answer == "accepted"]
            assert max(accepted) < acknowledged + BOUND


@pytest.mark.parametrize(
    ("engine", "seconds"),
    [
        ("postgres", -300),
        ("valkey", 300),
        pytest.param("postgres", 300, marks=pytest.mark.soak),
        pytest.param("valkey", -300, marks=pytest.mark.soak),
    ],
    indirect=["engine"],
)
async def test_the_nodes_clock_is_stepped_by_minutes(
    engine: Engine, tmp_path: Path, recovery: float, seconds: int
) -> None:
    async with scene(engine.fresh(), tmp_path, recovery) as play:
        acknowledged = await play.revoke()
        await play.node.tell(step=seconds)
        stepped = monotonic()
        for mode, (_, credential) in play.doomed.items():
            answers = {"revoked"} if mode == "session" else {"revoked", "expired"}
            await play.node.until(credential, answers, stepped, play.recovery)
        await play.node.tell(step=-seconds)
        back = monotonic()
        await play.refused(back)
        await play.well(back)
        report = await play.node.tell(report=True)
        for _, credential in play.doomed.values():
            accepted = [run.last for run in report[credential] if run.answer == "accepted"]
            assert max(accepted) < acknowledged + BOUND
        (_, session) = play.spared["session"]
        assert {run.answer for run in report[session]} == {"accepted"}


async def test_a_long_transaction_of_somebody_else_holds_nothing_up(
    postgres: Postgres, tmp_path: Path, recovery: float
) -> None:
    url = postgres.new_database()
    async with scene(url, tmp_path, recovery) as play:
        other = await asyncpg.connect(url)
        async with other.transaction():
            await other.execute("CREATE TABLE theirs (x int)")
            acknowledged = await play.revoke()
            await play.refused(acknowledged)
            await play.well(acknowledged)
            await play.judge(acknowledged)
        await other.close()


async def written_again(store: Store, sid: str, seconds: float) -> None:
    """Until the node, which knew that this is revoked, told the store so."""
    async with asyncio.timeout(seconds):
        row = await store.get(sid)
        while row is not None and row.revoked_at is None:
            row = await store.get(sid)
    assert row is not None


async def test_a_failover_that_loses_the_tail_revives_nothing_that_a_node_knows(
    tmp_path: Path,
    recovery: float,
) -> None:
    with running_valkey() as primary, running_valkey() as replica:
        replica.ask("REPLICAOF", "127.0.0.1", str(primary.port))
        async with scene(primary.url, tmp_path, recovery) as play:
            await eventually(lambda: "link_status:up" in replica.ask("INFO", "replication"))
            assert primary.ask("WAIT", "1", "5000") == ":1"
            replica.ask("REPLICAOF", "NO", "ONE")
            await play.refused(await play.revoke())
            play.cable.lead_to(replica.port)
            play.cable.reset()
            failed_over = monotonic()
            await play.refused(failed_over)
            await play.well(failed_over)
            store = open_store(replica.url)
            for sid, _ in play.doomed.values():
                await written_again(store, sid, recovery)
            for sid, _ in play.spared.values():
                await store.change(sid=sid, decision=Decision(revoke=True), at=system_clock())
            for _, credential in play.spared.values():
                await play.node.until(credential, {"revoked"}, failed_over, play.recovery)
            await store.close()
