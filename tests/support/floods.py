"""Clients that send too much, read too little or say nothing; and what it is like for others."""

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

HEAD = b" HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = b"POST /api/login" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"

PIECE = 64 * 1024
PROBE = b"GET /login" + HEAD + b"Connection: close\r\n\r\n"
PAUSE = 0.05
PATIENCE = 20
"""Seconds after which somebody who only wants the login page gives up."""


@dataclass(frozen=True, slots=True)
class Flood:
    """Each of `connections` sends `opening`, then `more` again and again up to `most` bytes, with a
    `pause` between; reads nothing; and holds on to its socket, unless it `resets` and connects
    anew."""

    connections: int
    opening: bytes
    more: bytes = b""
    most: int = 0
    pause: float = 0.001
    resets: bool = False
    tls: bool = False


@dataclass(slots=True)
class Outcome:
    """Seconds that others waited, bytes that the process grew by, and what it cost the client."""

    waits: list[float] = field(default_factory=list)
    grown: int = 0
    sent: int = 0
    held: int = 0

    @property
    def p99(self) -> float:
        return sorted(self.waits)[int(len(self.waits) * 0.99)]

    def __str__(self) -> str:
        return (
            f"+{self.grown / 2**20:.0f} MB, others p99 {self.p99:.2f} s and at most"
            f" {max(self.waits):.2f} s of {len(self.waits)}; sent {self.sent / 2**20:.1f} MB;"
            f" {self.held} connections still open at the end"
        )


def floods(share: float = 1) -> dict[str, Flood]:
    """All kinds; with `share`, smaller ones."""

    def some(number: int) -> int:
        return max(1, int(number * share))

    body = b"Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
    large = b"GET /openapi.json" + HEAD + b"\r\n"
    request, post = b"GET /login" + HEAD + b"\r\n", b"POST /api/login" + HEAD
    field = b"x: " + b"a" * (PIECE - 5) + b"\r\n"
    return {
        "pipelined requests": Flood(some(40), b"", request * 64, 250_000),
        "trailers": Flood(1, CHUNKED, field, some(120 * 2**20)),
        "one trailer": Flood(1, CHUNKED + b"x: ", b"a" * PIECE, some(60 * 2**20)),
        "unread answers": Flood(some(150), large * 16),
        "slow bodies": Flood(some(800), post + body + b" " * 59_000, b" ", 500, 1),
        "slow heads": Flood(some(800), b"GET /" + HEAD + b"x: " + b"a" * 60_000, b"a", 500, 1),
        "slow bodies behind answers": Flood(some(500), request + post + body + b" ", b" ", 500, 1),
        "requests behind unread answers": Flood(some(500), large * 9),
        "resets": Flood(some(30), request, resets=True),
        "silence": Flood(some(1300), b""),
        "silence before TLS": Flood(some(1300), b"", tls=True),
        "a byte of TLS": Flood(some(1300), b"\x16", tls=True),
    }


def flooded(
    flood: Flood, port: int, pid: int, seconds: float, trusting: ssl.SSLContext | None = None
) -> Outcome:
    """What came of it in these `seconds`.  With `trusting`, others speak TLS."""
    outcome = Outcome()
    before = _resident(pid)
    with _probing(port, trusting, outcome), ExitStack() as held:
        ends = monotonic() + seconds
        sockets = [held.enter_context(_connected(port)) for _ in range(flood.connections)]
        left = dict.fromkeys(sockets, flood.most)
        outcome.sent = sum(_send(each, flood.opening) for each in sockets)
        while monotonic() < ends:
            outcome.grown = max(outcome.grown, _resident(pid) - before)
            if flood.resets:
                sockets = _anew(port, sockets, held)
                left = dict.fromkeys(sockets, 0)
                outcome.sent += sum(_send(each, flood.opening) for each in sockets)
            for each in (each for each in sockets if left[each] > 0):
                sent = _send(each, flood.more)
                outcome.sent += sent
                left[each] -= sent
            sleep(flood.pause)
        outcome.held = sum(map(_is_open, sockets))
    return outcome


def _anew(port: int, sockets: list[socket.socket], held: ExitStack) -> list[socket.socket]:
    sleep(0.1)  # so that they are answered
    for each in sockets:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        each.close()
    return [held.enter_context(_connected(port)) for _ in sockets]


def _connected(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(PATIENCE)
    made.connect(("127.0.0.1", port))
    made.setblocking(False)
    return made


def _send(to: socket.socket, data: bytes) -> int:
    """How many of these the system takes now."""
    with suppress(OSError):
        return to.send(data)
    return 0


def _is_open(one: socket.socket) -> bool:
    try:
        while one.recv(PIECE):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def _probing(port: int, trusting: ssl.SSLContext | None, outcome: Outcome) -> Iterator[None]:
    ended = Event()

    def probe() -> None:
        while not ended.wait(PAUSE):
            outcome.waits.append(_seconds(port, trusting))

    prober = Thread(target=probe)
    prober.start()
    try:
        yield
    finally:
        ended.set()
        prober.join()


def _seconds(port: int, trusting: ssl.SSLContext | None) -> float:
    """How long somebody waits for the login page; who is turned away tries again, as people do."""
    began = monotonic()
    while monotonic() - began < PATIENCE:
        with suppress(OSError), ExitStack() as held:
            plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            one = held.enter_context(plain)
            if trusting is not None:
                one = held.enter_context(trusting.wrap_socket(one, server_hostname="localhost"))
            one.sendall(PROBE)
            if one.recv(PIECE).startswith(b"HTTP/1.1 200"):
                return monotonic() - began
        sleep(PAUSE)
    return monotonic() - began


def _resident(pid: int) -> int:
    """Bytes of memory that the process holds (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024
