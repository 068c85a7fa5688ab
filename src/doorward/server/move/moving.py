"""The whole move: passes beside the serving, then the pause with the last one."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import NamedTuple

from ...errors import ConfigurationError
from ...stores import EVERY_ROW, Backend, Movable, open_store
from ...stores.read_only import BEING_MOVED, MOVED
from ...types import Clock
from ..db.database import Database, open_database
from ..plural import counted
from . import read_only, tables, tickets_and_counters
from .sessions import Sessions
from .tables import Tables
from .tickets_and_counters import Waiting

MAX_PASSES = 5
"""The most passes while the servers serve.  Each pass copies the changes made during the pass
before, so each is shorter, until it mostly reads; from then on another pass would not shorten the
pause."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """One side of the move: the URLs of users and of sessions, opened."""

    database: Database
    store: Backend


class Moved(NamedTuple):
    """What the target has, and how long it took: the passes while serving, and the pause."""

    sessions: int
    keys: int
    rows: dict[str, int]
    waiting: Waiting
    passes: list[float]
    pause: float


@asynccontextmanager
async def opened(database_url: str, sessions_url: str) -> AsyncIterator[Place]:
    """Raises `ConfigurationError` for a database that cannot be opened, or that lives in memory."""
    database = await open_database(database_url)
    try:
        store = open_store(sessions_url)
        try:
            yield Place(database, store)
        finally:
            await store.close()
    finally:
        await database.close()


async def check_empty(place: Place) -> None:
    """Raises `ConfigurationError` when something is there already."""
    sessions = await place.store.sessions(None, EVERY_ROW, limit=1)
    if sessions or await place.store.keys() or not await tables.is_empty(place.database):
        raise ConfigurationError(
            "The target is not empty; move to databases that hold no users, sessions, keys or"
            " history yet."
        )


async def move(source: Place, target: Place, where: str, clock: Clock, tell: Tell) -> Moved:
    """Bring everything from `source` to `target`, which is empty.  Every writer at the source is
    told from the last pass on that it is `being moved to` there, and afterwards that it was
    `moved to` it, in the words of `where`.  Whatever fails, the source is open again."""
    sessions = Sessions(source.store, target.store, clock)
    rows = Tables(source.database, target.database)
    passes: list[float] = []
    while _is_worth_another(passes):
        began = perf_counter()
        written = await _carry(sessions, rows)
        passes.append(perf_counter() - began)
        moved = counted(written, "session")
        tell(f"Pass {len(passes)}, while serving: {moved} in {passes[-1]:.2f} s.")
    now = datetime.fromtimestamp(clock(), UTC)
    tell(f"The pause begins at {now:%Y-%m-%d %H:%M:%S} UTC: the old servers only answer now.")
    began = perf_counter()
    async with _sealed(source, where, tell):
        await _carry(sessions, rows)
        left = await tickets_and_counters.carry(_movable(source.store), target.store, clock())
    pause = perf_counter() - began
    return Moved(sessions.count, sessions.keys, rows.counts, left, passes, pause)


async def unseal(place: Place) -> None:
    """Let the servers of a place write again."""
    await _movable(place.store).unseal()
    await read_only.unseal(place.database)


def _is_worth_another(passes: Sequence[float]) -> bool:
    """Whether another pass pays: the second always, a later one if the last took less than half of
    the time of the one before."""
    if len(passes) < 2:
        return True
    return len(passes) < MAX_PASSES and passes[-1] < passes[-2] / 2


async def _carry(sessions: Sessions, rows: Tables) -> int:
    written = await sessions.carry()
    await rows.carry()
    return written


@asynccontextmanager
async def _sealed(place: Place, where: str, tell: Tell) -> AsyncIterator[None]:
    """Seal a source, which stays sealed only if the block succeeds.  A process that is killed
    within it leaves a seal that does not say that the move is complete.  Of two moves, the one that
    seals the users' database goes on, and neither lifts the seal of the other."""
    being, done = f"{BEING_MOVED} {where}", f"{MOVED} {where}"
    try:
        await read_only.seal(place.database, being)
        await _movable(place.store).seal(being)
        yield
        await _movable(place.store).seal(done)
        await read_only.change(place.database, being, done)
    except read_only.AnotherMove:
        raise
    except BaseException:
        if await read_only.said(place.database) in (being, done):
            await unseal(place)
            tell("The move failed; the source is open again, and its servers write as before.")
        raise


def _movable(store: Backend) -> Movable:
    if not isinstance(store, Movable):
        raise ConfigurationError(
            "A database in memory: cannot be moved, nor be the target of a move."
        )
    return store
