"""Which schema of a PostgreSQL database holds the tables: the one its URL names, or `public`."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from ..errors import ConfigurationError


def search_path(url: str) -> Mapping[str, str]:
    """The setting for each connection to this URL, unless the URL holds it already, by this name:
    within `options` it is not looked for, and would lose against `public`.

    Never the default of a role or a database: nodes whose roles differ would keep tables of their
    own, and not hear of each other's revocations; and who may make a schema that comes earlier
    could lay other tables under everybody.  Raises `ValueError` for what is no URL, and
    `ConfigurationError` for an empty one, which the driver would leave out.
    """
    named = parse_qs(urlsplit(url).query, keep_blank_values=True).get("search_path")
    if named is not None and not all(map(str.strip, named)):
        raise ConfigurationError("search_path is empty in the URL: name a schema, or leave it out")
    return {"search_path": "public"} if named is None else {}
