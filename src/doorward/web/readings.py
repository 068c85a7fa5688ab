"""Credentials that were accepted before, by the raw bytes of their header."""

from collections.abc import Sequence
from threading import Lock

from .transport import SMALL_HEADER_BYTES, Header, Presented


class Readings:
    """The parsed credentials of at most `limit` headers of each transport.

    A client sends the same header with every request, so a look-up by its bytes saves parsing it.
    Only accepted credentials are kept, so that a stranger cannot evict those of others.  A kept
    credential may have ended since: the caller must still check it.
    """

    __slots__ = ("_bearers", "_cookies", "_limit", "_lock")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bearers: dict[bytes, Presented] = {}
        self._cookies: dict[bytes, Presented] = {}
        self._lock = Lock()

    def recall(self, headers: Sequence[Header]) -> Presented | None:
        """What `transport.read` returned for these headers before; None if they are not kept."""
        fields = dict(headers)
        if len(fields) != len(headers):
            return None  # a header came twice; `transport.read` decides about that
        authorization = fields.get(b"authorization")
        if authorization is not None:
            return self._bearers.get(authorization)
        return self._cookies.get(fields.get(b"cookie", b""))

    def keep(self, headers: Sequence[Header], shown: Presented) -> None:
        """Keep a credential that `transport.read` returned and that was accepted, unless its header
        is long or came twice."""
        by_cookie = shown.transport == "cookie"
        name = b"cookie" if by_cookie else b"authorization"
        kept = self._cookies if by_cookie else self._bearers
        raw = [value for field, value in headers if field == name]
        if len(raw) != 1 or len(raw[0]) > SMALL_HEADER_BYTES or raw[0] in kept:
            return
        with self._lock:
            while len(kept) >= self._limit:
                del kept[next(iter(kept))]
            kept[raw[0]] = shown
