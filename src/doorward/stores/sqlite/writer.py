"""The one thread that writes, many waiting writes in one commit."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from ...errors import StoreUnavailable
from ..opened_file import GONE, OpenedFile
from ..read_only import failure

T = TypeVar("T")
Write = Callable[[sqlite3.Connection], T]

MAX_AT_ONCE = 256
"""Writes in one commit: so that the first of a flood does not wait for the last."""

LOOK = 0.1
"""Seconds between two looks at whether the file is still in place: less than a command takes to
start.  A look at every read would make every check slower."""


class Writer:
    """A durable commit costs a disk flush, however many writes are in it.

    Each write is a savepoint: what it raises is its caller's alone and undoes nothing else.  A
    caller learns of success only after the commit; when that fails, all of the group fail with
    `StoreUnavailable`, because what one decided may rest on what another wrote.

    `told` is called with whether the file is in place, every `LOOK` seconds and at every commit.
    """

    def __init__(
        self, connection: sqlite3.Connection, file: OpenedFile, told: Callable[[bool], None]
    ) -> None:
        self._connection = connection
        self._file = file
        self._told = told
        self._queue: SimpleQueue[tuple[Write[Any], Future[Any]] | None] = SimpleQueue()
        self._lock = Lock()
        self._closed: Future[None] | None = None
        Thread(target=self._run, name="doorward-writer", daemon=True).start()

    def submit(self, write: Write[T]) -> "Future[T]":
        """The result of `write`, once it is on the disk."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed is not None:
                raise StoreUnavailable("the store was closed")
            self._queue.put((write, future))
        return future

    def close(self) -> "Future[None]":
        """Done when everything submitted before is written and the connection closed."""
        with self._lock:
            if self._closed is None:
                self._closed = Future()
                self._queue.put(None)
            return self._closed

    def _run(self) -> None:
        for group in self._groups():
            self._settle(group)
        self._connection.close()
        self.close().set_result(None)

    def _groups(self) -> Iterator[list[tuple[Write[Any], Future[Any]]]]:
        """What waits, as it came, until the end."""
        while waiting := self._next():
            group = [waiting]
            while len(group) < MAX_AT_ONCE and not self._queue.empty():
                another = self._queue.get()
                if another is None:
                    self._queue.put(None)
                    break
                group.append(another)
            yield group

    def _next(self) -> tuple[Write[Any], Future[Any]] | None:
        """The first write that waits, as soon as there is one."""
        while True:
            self._look()
            with suppress(Empty):
                return self._queue.get(timeout=LOOK)

    def _look(self) -> bool:
        in_place = self._file.in_place
        self._told(in_place)
        return in_place

    def _settle(self, group: list[tuple[Write[Any], Future[Any]]]) -> None:
        # from here on a cancellation does not stop the write
        begun = [
            (write, future) for write, future in group if future.set_running_or_notify_cancel()
        ]
        outcomes = self._commit([write for write, _ in begun])
        for (_, future), (result, error) in zip(begun, outcomes, strict=True):
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    def _commit(self, writes: list[Write[Any]]) -> list[tuple[Any, Exception | None]]:
        """The outcome of each write: its result, or its error."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._attempt(write) for write in writes]
            if not self._look():
                # otherwise we would go on for ever in a file that no path leads to
                raise sqlite3.OperationalError(GONE)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):  # most often SQLite has rolled back by itself
                self._connection.execute("ROLLBACK")
            return [(None, StoreUnavailable(str(error))) for _ in writes]
        return outcomes

    def _attempt(self, write: Write[Any]) -> tuple[Any, Exception | None]:
        self._connection.execute("SAVEPOINT doorward")
        outcome: tuple[Any, Exception | None]
        try:
            outcome = write(self._connection), None
        except Exception as error:  # raised for the caller of this write
            if not self._connection.in_transaction:
                raise  # a full disk or a failing one: SQLite gave up the whole transaction
            self._connection.execute("ROLLBACK TO doorward")
            down = isinstance(error, sqlite3.Error)
            outcome = None, failure(error, str(error)) if down else error
        self._connection.execute("RELEASE doorward")
        return outcome
