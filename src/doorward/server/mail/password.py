"""The password for the server that takes our mail."""

from pathlib import Path

from ...errors import ConfigurationError


def load_password(path: str) -> str:
    """The one line of a file.  Raises `ConfigurationError`, which never shows it."""
    try:
        password = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigurationError(
            f"the mail password file {path} cannot be read: {reason}"
        ) from None
    if not password or not password.isprintable():
        raise ConfigurationError(f"the mail password file {path} holds no password on one line")
    return password
