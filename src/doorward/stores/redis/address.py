"""Where the server is, from its URL."""

from collections.abc import Callable
from functools import partial
from re import fullmatch
from ssl import TLSVersion
from typing import Any
from urllib.parse import parse_qs, urlsplit

from redis.asyncio.connection import Connection, SSLConnection, parse_url

from ...errors import ConfigurationError

OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
"""What may stand behind a `?`: files of one's own CA and of a client's certificate.  Nothing there
can turn the check of the server's certificate off."""

Connect = Callable[[], Connection]
"""Makes a connection that is not yet open."""


def connector(url: str) -> Connect:
    """How to connect to `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]`, or to `rediss://` by TLS.

    Raises `ConfigurationError`, which never shows the password.
    """
    try:
        parts = urlsplit(url)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        arguments: dict[str, Any] = dict(parse_url(url))
    except ValueError:
        raise _refusal() from None
    if not parts.hostname or not fullmatch(r"/?|/\d{1,9}", parts.path):
        raise _refusal()
    if unknown := sorted(set(options) - set(OPTIONS if parts.scheme == "rediss" else ())):
        raise ConfigurationError(f"a {parts.scheme} URL has no option {unknown[0]!r}")
    arguments.pop("connection_class", None)
    # RESP 2, and no library's name told to the server: one message less for each connection
    arguments |= {"protocol": 2, "driver_info": None}
    arguments |= {"socket_timeout": None, "socket_connect_timeout": None}
    if parts.scheme == "redis":
        return partial(Connection, **arguments)
    arguments |= {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return partial(SSLConnection, **arguments, ssl_min_version=TLSVersion.TLSv1_2)


def _refusal() -> ConfigurationError:
    return ConfigurationError(
        "a Redis or Valkey database is redis://HOST:PORT/NUMBER, or rediss:// with TLS; a password "
        "stands before the host, as in redis://:PASSWORD@HOST, with %XX for what is not a letter "
        "or digit"
    )
