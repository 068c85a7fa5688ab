"""Requests to one process, one after the other, over a connection that stays open."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Self

TIMEOUT = 30
"""Seconds to wait for an answer."""

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a request that the application's own page sends."""


class Unusable(Exception):
    """The application does not do what a measurement needs.  Its text is one sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        """Every header of this name."""
        return [value for key, value in self.headers if key.lower() == name]


class Caller:
    """A client of 127.0.0.1."""

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

    def done(
        self, method: str, path: str, headers: dict[str, str] | None = None, data: Any = None
    ) -> Answer:
        """The same.  Raises `Unusable` for an answer that is no success."""
        answer = self.send(method, path, headers, data)
        if not 200 <= answer.status < 300:
            shown = answer.body[:120].decode("utf-8", "replace")
            raise Unusable(f"{method} {path} answered {answer.status} {shown}")
        return answer
