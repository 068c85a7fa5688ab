"""A place in the order of changes, as an API keeps it: opaque, and only ever one that we wrote.

A store believes its cursors, so none reaches it that came from elsewhere.
"""

import hmac
import json
from collections.abc import Sequence
from hashlib import sha256

from ...keys import base64url
from ...stores import Cursor

LONGEST = 4_000
"""Characters: it has to fit a header.  A longer one is not read back."""


def written(cursor: Cursor, place: str, keys: Sequence[bytes]) -> str:
    """`cursor` as text.  `place` tells orders of changes apart that begin alike; it may be secret,
    since the text does not show it."""
    said = base64url.encode(json.dumps(cursor, separators=(",", ":")).encode())
    return f"{said.decode()}.{_mac(place, said, keys[0])}"


def read(text: str, place: str, keys: Sequence[bytes]) -> Cursor | None:
    """The cursor that was `written` at `place` under one of `keys`; None for any other text."""
    said, _, mac = text.partition(".")
    if len(text) > LONGEST or not text.isascii():
        return None
    if not any([hmac.compare_digest(_mac(place, said.encode(), key), mac) for key in keys]):
        return None
    return tuple(json.loads(base64url.decode(said.encode())))


def _mac(place: str, said: bytes, key: bytes) -> str:
    # the text has no space, so no two pairs of text and place are joined alike
    return hmac.new(key, said + b" " + place.encode(), sha256).hexdigest()
