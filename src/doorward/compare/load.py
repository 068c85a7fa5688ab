"""Load: many connections, each of which sends its next request after each answer."""

import asyncio
from dataclasses import dataclass
from time import perf_counter

from .client import Unusable

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one load: the seconds of each, sorted, and the duration of the whole load."""

    took: tuple[float, ...]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds

    def percentile(self, share: float) -> float:
        """The seconds within which this share of the answers came."""
        return self.took[min(len(self.took) - 1, int(len(self.took) * share))]


def load(port: int, headers: dict[str, str], connections: int, seconds: float) -> Answers:
    """Request `/me` over `connections` for `seconds`.  Raises `Unusable` for a status but 200."""
    lines = {"Host": f"localhost:{port}", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    request = f"GET /me HTTP/1.1\r\n{head}\r\n".encode("latin-1")
    return asyncio.run(_load(port, request, connections, seconds))


async def _load(port: int, request: bytes, connections: int, seconds: float) -> Answers:
    loop, took = asyncio.get_running_loop(), list[float]()
    began = perf_counter()
    clients = [_Client(request, began + seconds, took) for _ in range(connections)]
    waiting = iter(clients)
    for _ in clients:
        await loop.create_connection(lambda: next(waiting), "127.0.0.1", port)
    await asyncio.gather(*(client.over for client in clients))
    return Answers(tuple(sorted(took)), perf_counter() - began)


class _Client(asyncio.Protocol):
    """One connection.  `over` completes when the time is up, and fails on a refusal."""

    def __init__(self, request: bytes, until: float, took: list[float]) -> None:
        self._request, self._until, self._took = request, until, took
        self._received, self._sent = b"", 0.0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - by the loop's contract
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_END)
        if not end or len(body) < _length(head):
            return
        now = perf_counter()
        self._took.append(now - self._sent)
        if not head.startswith(b"HTTP/1.1 200 "):
            self._finish(Unusable(f"a request was answered {head[9:12].decode('latin-1')}"))
        elif now >= self._until:
            self._finish()
        else:
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        self._finish(Unusable("the server ended a connection"))

    def _ask(self) -> None:
        self._received, self._sent = b"", perf_counter()
        self._transport.write(self._request)

    def _finish(self, error: Exception | None = None) -> None:
        if not self.over.done():
            if error is None:
                self.over.set_result(None)
            else:
                self.over.set_exception(error)
            self._transport.close()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(_LENGTH)
    return int(rest.partition(b"\r\n")[0]) if found else 0
