"""What an answer says to caches."""

from collections.abc import Sequence

from .transport import NO_STORE, Header, Headers

_IDENTIFYING = (b"Cookie", b"Authorization")
_VARY: Header = (b"vary", b", ".join(_IDENTIFYING))


def merge(own: Headers, ours: Sequence[Header]) -> list[Header]:
    """The headers of an answer together with those of `write` or `clear`.  What it said about
    caching gives way: no cache may hand one person's cookies to another."""
    replaced = {name for name, _ in ours if name != b"set-cookie"}
    return [*(pair for pair in own if pair[0] not in replaced), *ours]


def personal(own: Headers, *, known: bool) -> list[Header]:
    """The headers of an answer that depends on who asked: no cache may give one person the page of
    another (RFC 9110 section 12.5.5).  Where somebody is `known` nothing is stored, unless the
    application itself says how the answer may be cached.
    """
    said = dict(own)
    headers = vary(own, _IDENTIFYING) if b"vary" in said else [*own, _VARY]
    if known and b"cache-control" not in said:
        headers.append(NO_STORE)
    return headers


def vary(own: Headers, names: tuple[bytes, ...]) -> list[Header]:
    """The headers of an answer that also depends on the request headers of these names.  `Vary` is
    one line: nginx 1.22 reads only the last of several."""
    said = [name.strip() for field, line in own if field == b"vary" for name in line.split(b",")]
    known = {name.lower() for name in said}
    if b"*" not in known:
        said += [name for name in names if name.lower() not in known]
    return [*(pair for pair in own if pair[0] != b"vary"), (b"vary", b", ".join(said))]
