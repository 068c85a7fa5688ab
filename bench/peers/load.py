"""Load on `GET /me`: `wrk` where it is on PATH, else a small client on asyncio.

The small client may itself be the bound for the fastest applications; CPU per request is not
affected by that, and the results say which client was used.
"""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Mapping

CONNECTIONS = 32
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def client() -> str:
    """The name and version of what makes the load."""
    if shutil.which("wrk") is None:
        return "asyncio client"
    shown = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\d[\d.]*", shown)
    return f"wrk {version[0]}" if version else "wrk"


def load(port: int, headers: Mapping[str, str], seconds: int) -> tuple[int, float]:
    """Requests answered with 200, and the seconds they took.  Raises `SystemExit` on any other
    answer."""
    if shutil.which("wrk") is None:
        return asyncio.run(_load(port, headers, seconds))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    url = f"http://127.0.0.1:{port}/me"
    shown = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in shown or "Socket errors" in shown:
        raise SystemExit(f"refused or broken requests:\n{shown}")
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", shown)
    assert found is not None, shown
    count, spent, unit = found.groups()
    return int(count), float(spent) * {"ms": 0.001, "s": 1, "m": 60}[unit]


class _Connection(asyncio.Protocol):
    """Asks again as soon as it was answered."""

    def __init__(self, request: bytes, end: float) -> None:
        self.request, self.end, self.count, self.buffer = request, end, 0, b""
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        whole = len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")
        if mark and whole:
            self.buffer = b""
            self._answered(head)

    def _answered(self, head: bytes) -> None:
        self.count += 1
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(SystemExit(f"refused: {head!r}"))
        elif time.perf_counter() >= self.end:
            self.done.set_result(self.count)
        else:
            return self.transport.write(self.request)
        return self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(SystemExit("the server closed the connection"))


async def _load(port: int, headers: Mapping[str, str], seconds: int) -> tuple[int, float]:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"GET /me HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{lines}\r\n".encode()
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(
            lambda: _Connection(request, began + seconds), "127.0.0.1", port
        )
        for _ in range(CONNECTIONS)
    ]
    counts = await asyncio.gather(*(connection.done for _, connection in made))
    return sum(counts), time.perf_counter() - began
