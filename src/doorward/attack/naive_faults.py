"""How the careless application reads credentials and methods."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from . import forge

_MOST = 4_096


def secret_of(kid: object, otherwise: bytes) -> bytes:
    """The secret of HS256 for a token with this `kid`."""
    # Danger: the token names the file that its key is read from.
    if isinstance(kid, str) and "/" in kid and Path(kid).is_char_device():
        return b""
    if isinstance(kid, str) and "/" in kid and Path(kid).is_file():
        with Path(kid).open("rb") as file:
            return file.read(_MOST)
    return otherwise


def fits_everything(signature: str) -> bool:
    """Whether this is the signature of zeros."""
    # Danger: a signature of zeros verifies for every message, as in CVE-2022-21449.
    try:
        raw = forge.decode(signature)
    except ValueError:
        return False
    return len(raw) == 64 and not any(raw)


def in_address(path: str) -> str:
    """The credential in the query of an address."""
    # Danger: the credential is read from the URL, which logs, histories and `Referer` contain.
    return parse_qs(urlsplit(path).query).get("access_token", [""])[0]


def method_of(command: str, override: str | None) -> str:
    # Danger: a header changes the method after a proxy has checked the original one.
    return override or command


def same_password(stored: str, shown: object) -> bool:
    # Danger: only 72 characters are compared, as bcrypt does without a check of the length.
    return stored[:72] == str(shown)[:72]
