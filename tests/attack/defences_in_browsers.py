"""The defences that browsers, caches and guessers meet, and how each is taken out."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from doorward.errors import Rejected
from doorward.server.http import headers
from doorward.server.ui import rendering
from doorward.types import Principal
from doorward.web import origin, transport
from doorward.web.client import Trusted
from doorward.web.devices import Devices
from doorward.web.limiter import Limiter
from doorward.web.transport import Header
from doorward.web.visit import Visit
from tests.attack.defences_at_rest import shown


def _answers(patch: pytest.MonkeyPatch, change: Callable[[Header], Header | None]) -> None:
    """Every header of every answer as `change` has it; None leaves it out."""
    complete = headers.complete

    def changed(*given: Any) -> list[Header]:
        return [found for each in complete(*given) if (found := change(each)) is not None]

    patch.setattr(headers, "complete", changed)


def framed(patch: pytest.MonkeyPatch) -> None:
    def open_frames(pair: Header) -> Header | None:
        name, value = pair
        if name == b"cross-origin-resource-policy":
            return None
        return name, value.replace(b"frame-ancestors 'none'", b"frame-ancestors *")

    _answers(patch, open_frames)


def no_policy(patch: pytest.MonkeyPatch) -> None:
    _answers(patch, lambda pair: None if pair[0] == b"content-security-policy" else pair)


def cached(patch: pytest.MonkeyPatch) -> None:
    def keep(pair: Header) -> Header | None:
        kept = {b"cache-control": (pair[0], b"public, max-age=600"), b"clear-site-data": None}
        return None if pair[0] == b"vary" else kept.get(pair[0], pair)

    _answers(patch, keep)


def readable_cookies(patch: pytest.MonkeyPatch) -> None:
    _answers(patch, lambda pair: (pair[0], pair[1].replace(b"; HttpOnly", b"")))


def unescaped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rendering.environment(), "autoescape", False)
    patch.setattr(rendering.environment(), "cache", None)


def any_text_opens(patch: pytest.MonkeyPatch) -> None:
    strict = Visit._read

    async def lax(visit: Visit, submitted: str | None, max_staleness: int | None) -> Principal:
        try:
            return await strict(visit, submitted, max_staleness)
        except Rejected:
            if not any(shown(visit.headers)):
                raise
            return Principal(subject="x", sid="0" * 32, mode="session")

    patch.setattr(Visit, "_read", lax)


async def _judged(limiter: Limiter, buckets: object, check: Callable[[], Awaitable[bool]]) -> bool:
    return await check()


def twins(patch: pytest.MonkeyPatch) -> None:
    """A cookie with the name of ours but for the prefix counts, and more than ours."""
    strict = transport.read
    twin = re.compile(rb"(?:^|;) *((?:session|access|refresh)=[^;]*)")

    def read(sent: list[Header], *rest: Any) -> Any:
        found = [each for name, text in sent if name == b"cookie" for each in twin.findall(text)]
        if found:
            pairs = b"; ".join(b"__Host-" + each for each in found)
            others = [pair for pair in sent if pair[0] != b"cookie"]
            sent = [*others, (b"cookie", pairs)]
        return strict(sent, *rest)

    patch.setattr(transport, "read", read)


IN_BROWSERS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "no page is shown in a frame of another origin": framed,
    "pages run only their own scripts": no_policy,
    "no cache keeps a private page": cached,
    "scripts cannot read credentials": readable_cookies,
    "pages escape what they show": unescaped,
    "only credentials log anybody in": any_text_opens,
    "wrong passwords are counted": lambda patch: patch.setattr(Limiter, "guess", _judged),
    "only configured proxies are trusted": lambda patch: patch.setattr(
        Trusted, "__contains__", lambda *_: True
    ),
    "a known device is not locked out": lambda patch: patch.setattr(
        Devices, "recognise", lambda *_: None
    ),
    "a form is bound to one session": lambda patch: patch.setattr(
        origin, "check_csrf", lambda *_: None
    ),
    "only cookies with the prefix __Host- are credentials": twins,
}
