"""A load balancer of a few lines: each request goes to the next node, whoever sent it."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from threading import Thread

_OWN = re.compile(rb"(?i)\r\n(?:connection|x-forwarded-\w+|x-original-method):[^\r]*")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")

GONE = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Balancer:
    """Strictly in turn.  `asked` counts the requests that each node, a port, has answered.

    A node that cannot be reached, or ends before it answers a GET, is passed over; another method
    gets 502, because it may have been done.
    """

    def __init__(self, nodes: list[int]) -> None:
        self.asked: Counter[int] = Counter()
        self._nodes = nodes
        self._turn = cycle(range(len(nodes)))
        self._answering: set[object] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of a client, whose connection then ends."""
        task = asyncio.current_task()
        self._answering.add(task)  # the loop knows its tasks only weakly
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client is gone
        finally:
            writer.close()
            self._answering.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read(reader)
        first = next(self._turn)
        for node in (*self._nodes[first:], *self._nodes[:first]):  # each once, whoever else asks
            if await self._pass(request, node, writer):
                break
        else:
            writer.write(GONE)
        await writer.drain()

    async def _pass(self, request: bytes, node: int, writer: asyncio.StreamWriter) -> bool:
        """Whether that was the answer."""
        try:
            above, below = await asyncio.open_connection("127.0.0.1", node)
        except OSError:
            return False
        try:
            below.write(request)
            while part := await above.read(65536):
                self.asked[node] += part.startswith(b"HTTP/1.1 ")
                writer.write(part)
                await writer.drain()
                request = b""
        except ConnectionError:
            pass
        finally:
            below.close()
        if request and not request.startswith(b"GET "):
            writer.write(GONE)
            return True
        return not request


async def _read(reader: asyncio.StreamReader) -> bytes:
    """One request as a proxy hands it on."""
    head = (await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n")
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    own = b"\r\nConnection: close\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n"
    return _OWN.sub(b"", head) + own + body


@contextmanager
def balancing(port: int, nodes: list[int]) -> Iterator[Balancer]:
    """Listening on this port, in a thread."""
    balancer, loop = Balancer(nodes), asyncio.new_event_loop()
    listening = loop.run_until_complete(
        asyncio.start_server(balancer.answer, "127.0.0.1", port, backlog=128)
    )
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield balancer
    finally:
        asyncio.run_coroutine_threadsafe(_close(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(listening: asyncio.Server) -> None:
    listening.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
