"""Which schema of a PostgreSQL database holds the tables: the one its URL names, or `public`."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit


def search_path(url: str) -> Mapping[str, str]:
    """The setting for each connection to this URL, unless the URL holds it already, by this name:
    within `options` it is not looked for, and would lose against `public`.

    Never the default of a role or a database: nodes whose roles differ would keep tables of their
    own, and not hear of each other's revocations; and who may make a schema that comes earlier
    could lay other tables under everybody.  Raises `ValueError` for what is no URL.
    """
    return {} if "search_path" in parse_qs(urlsplit(url).query) else {"search_path": "public"}
