"""What is measured beside the events: live sessions, the store's time, and how soon decisions are
met by others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from doorward import Auth, Settings, StoreUnavailable, open_store
from doorward.open import open_auth
from doorward.server.metrics import lag as lag_module
from doorward.server.metrics.lag import LONGEST, Lag
from doorward.server.metrics.live_sessions import STEP, LiveSessions, count_live
from doorward.server.metrics.timed import METHODS, timed
from doorward.stores import Backend, Changes
from doorward.types import Session
from tests.server.logs import BEGIN

pytestmark = pytest.mark.anyio


def session(number: int) -> Session:
    return Session(
        sid=f"{number:022d}",
        subject=f"u_{number % 7}",
        mode="session",
        secret_hash=b"\x00" * 32,
        created_at=BEGIN,
        authenticated_at=BEGIN,
        seen_at=BEGIN + number % 3,
        rotated_at=BEGIN,
        expires_at=BEGIN + 10_000,
        ends_at=BEGIN + 10_000,
    )


@pytest.fixture
async def auth(tmp_path: Path) -> AsyncIterator[Auth]:
    found = await open_auth(
        "memory:", Settings(), root_key_file=tmp_path / "root.key", clock=lambda: BEGIN + 100
    )
    yield found
    await found.store.close()


# --- live sessions ------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [0, 1, STEP - 1, STEP, STEP + 1, 2 * STEP + 3])
async def test_each_live_session_is_counted_once(auth: Auth, many: int) -> None:
    for number in range(many):
        await auth.store.insert(session(number), await auth.store.mark(), BEGIN)
    await auth.revoke(sid=session(many // 2).sid)
    assert await count_live(auth) == max(many - 1, 0)


async def test_a_count_is_shared_by_all_who_ask_within_a_minute(auth: Auth) -> None:
    await auth.store.insert(session(1), await auth.store.mark(), BEGIN)
    async with (live_sessions := LiveSessions(auth)):
        assert await asyncio.gather(*[live_sessions.live() for _ in range(5)]) == [1] * 5
        await auth.store.insert(session(2), await auth.store.mark(), BEGIN)
        assert await live_sessions.live() == 1


# --- the store's time ---------------------------------------------------------------------------


async def test_every_method_is_the_stores_own_and_what_can_be_slow_is_timed() -> None:
    store = open_store("memory:")
    told: list[str] = []
    watched = timed(store, lambda method, seconds: told.append(method) if seconds >= 0 else None)
    public = {name for name in vars(Backend) | vars(type(store)) if not name.startswith("_")}
    assert all(callable(getattr(watched, name)) for name in public - {"local"})
    assert watched.local is store.local
    await watched.insert(session(1), await watched.mark(), BEGIN)
    assert await watched.get(session(1).sid) == session(1)
    await watched.changes(None)
    with pytest.raises(ValueError, match="exist"):
        await watched.insert(session(1), await watched.mark(), BEGIN)
    assert told == ["mark", "insert", "get", "mark", "insert"]
    assert set(told) <= set(METHODS)
    await watched.close()


# --- the lag ------------------------------------------------------------------------------------


class Slow:
    """A store whose order of changes is written by the test."""

    def __init__(self, *pages: list[str] | None) -> None:
        self._pages = list(pages)
        self.asked = 0

    async def changes(self, cursor: Any) -> Changes:
        from doorward.types import Change

        self.asked += 1
        page = self._pages.pop(0) if self._pages else []
        if page is None:
            raise StoreUnavailable("away")
        return Changes([Change("session", sid, 2, True) for sid in page], (self.asked,))

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def lagged(store: Any, *sids: str) -> list[float]:
    told: list[float] = []
    lag = Lag(store, (0,), told.append)
    lag.acknowledged(sids)
    await lag.settled()
    return told


async def test_a_decision_is_timed_until_it_is_met(auth: Auth) -> None:
    await auth.store.insert(session(1), await auth.store.mark(), BEGIN)
    begun = (await auth.store.changes(None)).cursor
    told: list[float] = []
    lag = Lag(auth.store, begun, told.append)
    lag.acknowledged(await auth.revoke(sid=session(1).sid))
    await lag.settled()
    assert len(told) == 1
    assert 0 <= told[0] < 1


async def test_it_looks_until_everything_was_met_and_then_no_more() -> None:
    store = Slow([], ["b"], ["other"], ["a"])
    assert len(await lagged(store, "a", "b")) == 2
    assert store.asked == 4


async def test_a_store_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag_module, "PAUSE", 0)
    assert len(await lagged(Slow(None, ["a"]), "a")) == 1


async def test_what_is_met_before_it_is_acknowledged_has_no_lag() -> None:
    told: list[float] = []
    lag = Lag(Slow(["b", "a"]), (0,), told.append)  # type: ignore[arg-type]
    lag.acknowledged(["a"])
    await lag.settled()
    lag.acknowledged(["b"])
    assert told[1] == 0


async def test_what_never_comes_is_counted_as_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag_module, "LONGEST", -1.0)
    assert await lagged(Slow(), "a") == [-1.0]
    assert LONGEST >= 1
