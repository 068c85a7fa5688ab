"""ASGI by hand: requests that say exactly what a test wants, and answers as they were sent."""

from asyncio import Event
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from json import loads
from typing import Any

from doorward import Issued

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]
Header = tuple[bytes, bytes]

HOST = "app.example"
OURS = (b"sec-fetch-site", b"same-origin")
FOREIGN = (b"sec-fetch-site", b"cross-site")


@dataclass(slots=True)
class Answer:
    """What came back, message by message."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> list[Header]:
        return list(self.messages[0].get("headers", ()))

    def all(self, name: str) -> list[str]:
        return [value.decode() for key, value in self.headers if key == name.encode()]

    @property
    def cookies(self) -> dict[str, str]:
        """Name and value of every cookie that is set; a browser keeps the last of a name."""
        return {
            name: morsel.value
            for line in self.all("set-cookie")
            for name, morsel in SimpleCookie(line).items()
        }

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    @property
    def reason(self) -> str:
        assert self.all("content-type") == ["application/problem+json"]
        return str(loads(self.body)["reason"])


def request(method: str, path: str, headers: list[Header], **more: Any) -> Message:
    """The scope of a request.  It speaks https, unless told otherwise."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", HOST.encode()), *headers],
        "client": ("203.0.113.9", 50000),
        "server": (HOST, 443),
        **more,
    }


async def ask(
    app: App,
    path: str = "/",
    *,
    method: str = "GET",
    headers: list[Header] | None = None,
    crash: bool = False,
    **more: Any,
) -> Answer:
    """One request.  With `crash`, an exception that reaches the server is what the test expects."""
    answer = Answer()
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for message in asked:
            return message
        await Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        answer.messages.append(message)

    try:
        await app(request(method, path, headers or [], **more), receive, send)
    except ZeroDivisionError:
        if not crash:
            raise
    return answer


async def shake_hands(app: App, path: str, headers: list[Header]) -> list[Message]:
    """The handshake of a WebSocket, whose client then leaves.  Returns what was sent."""
    sent: list[Message] = []
    told: Iterator[Message] = iter(
        [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}]
    )

    async def receive() -> Message:
        return next(told)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = request("GET", path, headers, type="websocket", scheme="wss", subprotocols=[])
    del scope["method"]
    await app(scope, receive, send)
    return sent


def cookie(**values: str | None) -> Header:
    """`cookie(access=..., refresh=...)`: the Cookie header with ours of these names."""
    pairs = [f"__Host-{name}={value}" for name, value in values.items() if value is not None]
    return b"cookie", "; ".join(pairs).encode()


def cookies_of(issued: Issued) -> Header:
    """What a browser sends that was given this."""
    if issued.mode == "session":
        return cookie(session=issued.credential)
    return cookie(access=issued.credential, refresh=issued.refresh_token)


def bearer(token: str) -> Header:
    return b"authorization", f"Bearer {token}".encode()
