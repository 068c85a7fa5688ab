"""Credentials that were accepted before, by the raw bytes of the header that they came in."""

from collections.abc import Sequence
from threading import Lock

from .transport import SMALL_HEADER_BYTES, Header, Presented


class Readings:
    """What was read in headers, of at most `limit` credentials of each transport.

    A client sends the same header with every request, so one look-up by its bytes is enough.  Only
    a credential that was accepted is kept: a stranger must not be able to push others out.  It may
    be dead by now, so whoever finds it here still has to judge it.
    """

    __slots__ = ("_bearers", "_cookies", "_limit", "_lock")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bearers: dict[bytes, Presented] = {}
        self._cookies: dict[bytes, Presented] = {}
        self._lock = Lock()

    def recall(self, headers: Sequence[Header]) -> Presented | None:
        """What `transport.read` returned for these bytes; None says nothing about them."""
        fields = dict(headers)
        if len(fields) != len(headers):
            return None  # a field came twice, which only `transport.read` may judge
        authorization = fields.get(b"authorization")
        if authorization is not None:
            return self._bearers.get(authorization)
        return self._cookies.get(fields.get(b"cookie", b""))

    def keep(self, headers: Sequence[Header], shown: Presented) -> None:
        """Keep what `transport.read` returned and was accepted, unless it is long or came in
        several headers."""
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
