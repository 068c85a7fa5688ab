"""Where a database may lie, and where it lies in words that anybody may read."""

from urllib.parse import urlsplit

from ...errors import ConfigurationError
from ...stores import POSTGRES, check_url

_LEADS = frozenset({"host", "search_path", "sslmode", "sslrootcert"})
"""What a command that is copied must not lose: without it the tables are others, or the way is
open."""


def check_database(url: str) -> None:
    """Raises `ConfigurationError` for a URL that names no place for the server's tables, without
    opening anything.  Only its scheme is shown: the rest may hold a password."""
    scheme = url.partition(":")[0]
    if url == "memory:":
        return
    if scheme in ("sqlite", *POSTGRES):
        check_url(url)
        return
    if scheme in ("redis", "rediss"):
        raise ConfigurationError(
            f"Redis keeps sessions, but no users and no audit log: give {scheme}://HOST as"
            " --sessions, and sqlite:///PATH or postgresql://USER@HOST/NAME as --database"
        )
    raise ConfigurationError(
        f"{scheme!r} is not a database this can open: use memory:, sqlite:///PATH or"
        " postgresql://USER@HOST/NAME"
    )


def shown(url: str) -> str:
    """A URL without its secrets: `postgresql://user@host/name`, and of its query only what decides
    where that leads.  Of one that cannot be taken apart, so that anything in it may be the
    password, only the scheme is left."""
    scheme = url.partition(":")[0]
    if scheme in ("memory", "sqlite"):
        return url
    user, host, path, query = _parts(url)
    if not host and "host=" not in query:
        return f"{scheme}://..."
    return f"{scheme}://{user}{host}{path}{query}"


def _parts(url: str) -> tuple[str, str, str, str]:
    """The user with its @, the host with its port, the path, the query with its question mark; all
    empty when there is any doubt."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it raises for what is none, and may be half a password
    except ValueError:
        return "", "", "", ""
    login, _, host = parts.netloc.rpartition("@")
    if "@" in login + parts.path + parts.query + parts.fragment:
        return "", "", "", ""
    user = login.partition(":")[0]
    query = "&".join(pair for pair in parts.query.split("&") if pair.partition("=")[0] in _LEADS)
    return f"{user}@" if user else "", host, parts.path, f"?{query}" if query else ""
