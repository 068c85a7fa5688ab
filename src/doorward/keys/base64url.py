"""Base64url without padding, in its one canonical form (RFC 7515 section 2, RFC 4648 section 3.5).

A lenient decoder gives one token many spellings: padding, whitespace, the other alphabet, and the
unused bits of the last character.  Whatever is kept by spelling is then missed.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping

from ..errors import Reason, Rejected

_TO_URL = bytes.maketrans(b"+/", b"-_")
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING = (b"", b"", b"==", b"=")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# By length modulo 4: the last characters whose unused bits are zero.  No length is 1 modulo 4.
_LAST = (_ALPHABET, b"", b"AQgw", b"AEIMQUYcgkosw048")


def encode(data: bytes) -> bytes:
    """Canonical base64url of `data`."""
    return b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


def decode(text: bytes) -> bytes:
    """The bytes that `encode` gives `text` for; any other spelling is `Rejected` as malformed."""
    tail = len(text) % 4
    if text[-1:] not in _LAST[tail]:
        raise Rejected(Reason.MALFORMED, "base64url is not canonical")
    try:
        return a2b_base64(text.translate(_TO_STANDARD) + _PADDING[tail], strict_mode=True)
    except ValueError:
        raise Rejected(Reason.MALFORMED, "a character outside base64url") from None


def member(jwk: Mapping[str, object], name: str) -> bytes:
    """A JWK's member as bytes; `Rejected` as malformed when it is absent or no base64url."""
    value = jwk.get(name)
    if not isinstance(value, str) or not value.isascii():
        raise Rejected(Reason.MALFORMED, f"the key has no usable member {name}")
    return decode(value.encode())
