"""One request and its answer, and how a report shows them."""

import json
import re
from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]

_SECRET = re.compile(r"[A-Za-z0-9_.+/-]{24,}={0,2}")
_PASSWORD = re.compile(r"(password|current|new)(\"?\s*[:=]\s*\"?)[^\"&]+")
_SHOWN = 2_000

MISSING = "x-lab-missing"
"""The header by which an adapter says that the application behind it has no such path."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """`status` is 0 where the connection ended without an answer."""

    method: str
    path: str
    sent: Headers
    body: str
    status: int
    received: Headers
    text: str

    def json(self) -> dict[str, Any]:
        """The answer's JSON object; empty if the answer is no JSON object."""
        try:
            value = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def header(self, name: str) -> str:
        """The first header of this name, or empty."""
        wanted = name.lower()
        return next((value for key, value in self.received if key.lower() == wanted), "")

    def cookies(self) -> list[str]:
        """The `Set-Cookie` headers."""
        return [value for key, value in self.received if key.lower() == "set-cookie"]

    @property
    def missing(self) -> bool:
        """Whether the application has nothing at this path."""
        return bool(self.header(MISSING))

    @property
    def accepted(self) -> bool:
        """Whether the server did what it was asked to."""
        return 200 <= self.status < 400

    def request_shown(self) -> str:
        return _shown(f"{self.method} {self.path}", self.sent, self.body)

    def answer_shown(self) -> str:
        return _shown(str(self.status or "no answer"), self.received, self.text)


def _shown(first: str, headers: Headers, body: str) -> str:
    lines = [shorten(first), *(f"{name}: {shorten(value)}" for name, value in headers)]
    return "\n".join([*lines, "", shorten(body)]).rstrip()[:_SHOWN]


def shorten(text: str) -> str:
    """`text` with passwords left out and every long secret cut to its first characters."""
    text = _PASSWORD.sub(r"\1\2***", text)
    return _SECRET.sub(lambda found: f"{found[0][:8]}…({len(found[0])})", text)
