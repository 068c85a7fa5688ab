"""Ambiguous requests through a real nginx: it and the server behind it cut them alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from doorward.attack.attacks.smuggling import BODY, SHAPES
from doorward.attack.client import Client
from doorward.attack.lab import Instance
from doorward.attack.target import Login, Target, Way
from doorward.server.http.headers import Headers
from tests.support.certificate import make_certificate
from tests.support.nginx import places, running_nginx
from tests.support.ports import free_port
from tests.support.thread_server import server_in_thread
from tests.support.until import until

pytestmark = [pytest.mark.process, pytest.mark.soak]

CHUNKED = "Transfer-Encoding: chunked\r\n"
FRAMES = {name: "".join(f"{line}\r\n" for line in lines) for name, lines in SHAPES.items()}
AHEAD = {name: frame.encode() + b"\r\n" + BODY for name, frame in FRAMES.items()} | {
    "two codings": f"{CHUNKED}Transfer-Encoding: identity\r\n\r\n".encode() + BODY,
    "bare line feeds": b"Content-Length: 5\n\n" + BODY,
    "an end with bare line feeds": f"{CHUNKED}\r\n".encode() + b"0\n\n",
    "a size with a prefix": f"{CHUNKED}\r\n".encode() + b"0x0\r\n\r\n",
    "a size below nothing": f"{CHUNKED}\r\n".encode() + b"-1\r\n\r\n",
    "a size that wraps around": f"{CHUNKED}\r\n".encode() + b"10000000000000000\r\n\r\n",
    "a chunk with an extension": f"{CHUNKED}\r\n".encode() + b"0;a=b\r\n\r\n",
    "a trailer": f"{CHUNKED}\r\n".encode() + b"0\r\nContent-Length: 900\r\n\r\n",
}
"""The head and the body of a request, from behind its Host on; another request follows."""

WITHIN = {
    "a body": "Connection: close\r\nContent-Length: {size}\r\n\r\n{hidden}",
    "a chunk": f"Connection: close\r\n{CHUNKED}" + "\r\n{size:x}\r\n{hidden}\r\n0\r\n\r\n",
}
"""Requests whose body is another one."""

FOLLOWING = 3


@dataclass(frozen=True, slots=True)
class Front:
    """One nginx process before one server.  `log` has a line for each request that nginx took,
    `seen` what the server took for one."""

    target: Target
    log: Path
    seen: list[str]

    def taken(self) -> list[str]:
        return self.log.read_text().splitlines()

    def forwarded(self) -> list[str]:
        """What nginx handed on: no status of the server is a dash."""
        return [line.rpartition(" ")[0] for line in self.taken() if not line.endswith(" -")]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder, port, plain = tmp_path_factory.mktemp("front"), free_port(), free_port()
    url, seen = f"https://localhost:{port}", list[str]()
    make_certificate(folder)
    told = ["--public-origin", url, "--trusted-proxies", "127.0.0.1"]
    with pytest.MonkeyPatch.context() as patch, server_in_thread(*told, folder=folder) as server:
        strict = Headers.__call__

        async def call(self: Headers, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                seen.append(f"{scope['method']} {scope['raw_path'].decode()}")
            await strict(self, scope, receive, send)

        patch.setattr(Headers, "__call__", call)
        text = places(folder, port, plain, [server.port, server.port], free_port())
        # one process and one server: whoever comes next is sent over the connection that is there
        text = text.replace("worker_processes auto;", "worker_processes 1;")
        taken = "log_format taken '$request_method $request_uri $upstream_status';"
        own = f"    {taken}\n    access_log {folder}/taken.log taken;\n"
        with running_nginx(folder, text.replace("http {\n", f"http {{\n{own}", 1)):
            target = Target(Client(Instance.at(url)), Way("session", "cookie"), [])
            yield Front(target, folder / "taken.log", seen)


@pytest.fixture(scope="module")
def people(front: Front) -> tuple[Login, Login]:
    """The attacker, and whoever comes next."""
    return front.target.log_in(), front.target.log_in()


def hidden(front: Front, attacker: Login) -> bytes:
    """A request that the answer tells apart: it is the attacker's own."""
    carried = "".join(f"{name}: {value}\r\n" for name, value in attacker.headers())
    host = front.target.client.address.netloc
    return f"GET /api/me HTTP/1.1\r\nHost: {host}\r\n{carried}Connection: close\r\n\r\n".encode()


def answers(front: Front, people: tuple[Login, Login], request: bytes) -> int:
    """How many come, once all is well: nginx and the server cut the request alike, each piece has
    one answer, and those who come next get their own."""
    target, (_, other) = front.target, people
    before = len(front.taken())
    handed, seen = len(front.forwarded()), len(front.seen)
    start = f"POST /api/login HTTP/1.1\r\nHost: {target.client.address.netloc}\r\n".encode()
    found = target.client.raw(start + request, hang_up=False).count(b"HTTP/1.1 ")
    until(lambda: len(front.taken()) >= before + found)
    for _ in range(FOLLOWING):
        assert target.me(other).json()["subject"] == other.account.subject
        assert target.client.send("GET", "/api/me").status == 401
    until(lambda: len(front.taken()) >= before + found + 2 * FOLLOWING)
    assert len(front.taken()) == before + found + 2 * FOLLOWING
    assert front.forwarded()[handed:] == front.seen[seen:]
    return found


def test_two_plain_requests_get_two_answers(front: Front, people: tuple[Login, Login]) -> None:
    plain = b"Content-Length: 5\r\n\r\n" + BODY + hidden(front, people[0])
    assert answers(front, people, plain) == 2


@pytest.mark.parametrize("name", AHEAD)
def test_nobody_gets_what_was_hidden_behind_a_request(
    name: str, front: Front, people: tuple[Login, Login]
) -> None:
    assert answers(front, people, AHEAD[name] + hidden(front, people[0])) in (1, 2)


@pytest.mark.parametrize("name", WITHIN)
def test_a_request_within_another_is_none(
    name: str, front: Front, people: tuple[Login, Login]
) -> None:
    inner = hidden(front, people[0]).decode()
    request = WITHIN[name].format(size=len(inner), hidden=inner).encode()
    assert answers(front, people, request) == 1
