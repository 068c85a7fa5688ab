"""The one connection that answers checks: what waits at the same time becomes one query."""

from asyncio import Future, Task, create_task, get_running_loop
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from .. import Changes, Cursor, rows
from . import changes
from .connection import Connection
from .connector import Connector

GET = f"{rows.SELECT} WHERE sid = ANY($1::text[])"


@dataclass(slots=True)
class Batch:
    """What is asked together: by whom each row, and the changes after each cursor."""

    until: float
    rows: dict[str, list[Future[Any]]] = field(default_factory=dict)
    changes: dict[Cursor | None, list[Future[Changes]]] = field(default_factory=dict)

    def waiting(self) -> Iterable[Future[Any]]:
        for asked in (self.rows, self.changes):
            for each in asked.values():
                yield from (future for future in each if not future.done())


class Reader:
    """A call joins the batch that is gathered, never the one whose query is under way: an answer is
    as fresh as the moment it was asked for.  Who is cancelled takes nothing from the others."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._line: Connection | None = None
        self._batch: Batch | None = None
        self._running: Task[None] | None = None

    async def row(self, sid: str) -> Any:
        """The row with this sid, which holds no character that PostgreSQL cannot keep; or None."""
        future: Future[Any] = get_running_loop().create_future()
        self._gathering().rows.setdefault(sid, []).append(future)
        return await future

    async def changes(self, cursor: Cursor | None) -> Changes:
        future: Future[Changes] = get_running_loop().create_future()
        self._gathering().changes.setdefault(cursor, []).append(future)
        return await future

    async def close(self) -> None:
        """After what was asked has been answered."""
        if self._running is not None:
            await self._running
        if self._line is not None:
            await self._line.close()

    def _gathering(self) -> Batch:
        """The batch to join."""
        if self._batch is None:
            self._batch = Batch(self._connector.deadline())
            if self._running is None:
                self._running = create_task(self._run())
        return self._batch

    async def _run(self) -> None:
        try:
            while (batch := self._batch) is not None:
                self._batch = None
                await self._answer(batch)
        finally:
            self._running = None

    async def _answer(self, batch: Batch) -> None:
        try:
            line = await self._open(batch.until)
            if batch.rows:
                await self._answer_rows(line, batch)
            for cursor, waiting in batch.changes.items():
                _settle(waiting, await changes.read(line, batch.until, cursor))
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            for future in batch.waiting():
                future.set_exception(copy(error))

    async def _answer_rows(self, line: Connection, batch: Batch) -> None:
        found = await line.fetch(batch.until, GET, list(batch.rows))
        by_sid = {row[0]: row for row in found}
        for sid, waiting in batch.rows.items():
            _settle(waiting, by_sid.get(sid))

    async def _open(self, until: float) -> Connection:
        if self._line is None or self._line.closed:
            self._line = await self._connector.connect(until)
        return self._line


def _settle(waiting: Iterable[Future[Any]], answer: object) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(answer)
