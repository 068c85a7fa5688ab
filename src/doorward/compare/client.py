"""A client that sends requests to one process, one by one, over one connection."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Self

TIMEOUT = 30
"""Seconds to wait for an answer."""

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
"""The header that a browser adds to a request of the application's own page."""


class Unusable(Exception):
    """The application cannot be measured.  The text is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        """The values of every header of this name."""
        return [value for key, value in self.headers if key.lower() == name]


class Client:
    """A client of a port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, data: Any = None
    ) -> Answer:
        """Raises `OSError` and `http.client.HTTPException` when no answer comes."""
        body = None if data is None else json.dumps(data)
        sent = {"Host": f"localhost:{self._port}"} | (headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        return Answer(answer.status, tuple(answer.getheaders()), answer.read())

    def send_ok(
        self, method: str, path: str, headers: dict[str, str] | None = None, data: Any = None
    ) -> Answer:
        """Like `send`.  Raises `Unusable` for a status outside 200 to 299."""
        answer = self.send(method, path, headers, data)
        if not 200 <= answer.status < 300:
            shown = answer.body[:120].decode("utf-8", "replace")
            raise Unusable(f"{method} {path} answered {answer.status} {shown}")
        return answer
