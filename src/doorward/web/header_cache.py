"""Credentials that were accepted before, by the raw bytes of their header."""

from collections.abc import Sequence
from threading import Lock

from .transport import SMALL_HEADER_BYTES, Header, Presented


class HeaderCache:
    """The parsed credentials of at most `limit` headers of each transport, and the header that each
    came in last.

    A client sends the same header with every request, so a look-up by its bytes saves parsing it.
    Only accepted credentials are kept, each once: neither a stranger nor somebody who is logged in
    and sends many different headers can evict those of others or fill the memory.  A kept
    credential may have ended since: the caller must still check it.
    """

    __slots__ = ("_bearers", "_cookies", "_found_bearers", "_found_cookies")

    def __init__(self, limit: int) -> None:
        self._bearers, self._cookies = _Headers(limit), _Headers(limit)
        # asked on every request: not through another object each time
        self._found_bearers, self._found_cookies = self._bearers.read, self._cookies.read

    def recall(self, headers: Sequence[Header]) -> Presented | None:
        """What `transport.read` returned for these headers before; None if they are not kept."""
        fields = dict(headers)
        if len(fields) != len(headers):
            return None  # a header came twice; `transport.read` decides about that
        authorization = fields.get(b"authorization")
        if authorization is not None:
            return self._found_bearers.get(authorization)
        return self._found_cookies.get(fields.get(b"cookie", b""))

    def keep(self, headers: Sequence[Header], shown: Presented) -> None:
        """Keep a credential that `transport.read` returned and that was accepted, unless its header
        is long or came twice."""
        by_cookie = shown.transport == "cookie"
        name = b"cookie" if by_cookie else b"authorization"
        raw = [value for field, value in headers if field == name]
        if len(raw) == 1 and len(raw[0]) <= SMALL_HEADER_BYTES:
            (self._cookies if by_cookie else self._bearers).keep(raw[0], shown)


class _Headers:
    """The latest header of each credential of one transport; the oldest goes first."""

    __slots__ = ("_latest", "_limit", "_lock", "read")

    def __init__(self, limit: int) -> None:
        self.read: dict[bytes, Presented] = {}
        self._latest: dict[str | None, bytes] = {}
        self._limit = limit
        self._lock = Lock()

    def keep(self, raw: bytes, shown: Presented) -> None:
        if raw in self.read:
            return
        with self._lock:
            before = self._latest.pop(shown.credential, None)
            if before is None and len(self._latest) >= self._limit:
                before = self._latest.pop(next(iter(self._latest)))
            if before is not None:
                del self.read[before]
            self._latest[shown.credential] = raw
            self.read[raw] = shown
