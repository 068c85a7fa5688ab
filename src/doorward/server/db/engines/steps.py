"""Steps of a driver that does not bear to be broken off in the middle of one."""

from asyncio import CancelledError, create_task, shield, wait
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Dialect, Executable
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


async def whole(step: Coroutine[Any, Any, T]) -> T:
    """What the step returns or raises.  It runs to its end in any case: who is cancelled meanwhile
    learns that afterwards."""
    task = create_task(step)
    try:
        return await shield(task)
    except CancelledError:
        while not task.done():
            with suppress(CancelledError):
                await wait({task})
        task.exception()  # else its failure, which nobody hears of now, would be logged
        raise


class Whole:
    """The `Transaction` of a connection whose steps are whole."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        return self._connection.dialect

    async def execute(
        self, statement: Executable, parameters: Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        return await whole(self._connection.execute(statement, parameters))

    async def exec_driver_sql(self, statement: str) -> CursorResult[Any]:
        return await whole(self._connection.exec_driver_sql(statement))
