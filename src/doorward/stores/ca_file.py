"""The file of certificate authorities that the URL of a PostgreSQL database names."""

import ssl
from urllib.parse import parse_qs, urlsplit

from ..errors import ConfigurationError


def check_ca_file(url: str) -> None:
    """Raises `ConfigurationError` when it cannot be read or holds no certificate: a driver reports
    that like a server that is down.  Raises `ValueError` for what is no URL."""
    for path in parse_qs(urlsplit(url).query).get("sslrootcert", ()):
        try:
            ssl.create_default_context(cafile=path)
        except OSError as error:  # includes ssl errors
            raise ConfigurationError(f"the file {path} of sslrootcert {_fault(error)}") from error


def _fault(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return "holds no certificate in PEM"
    return f"cannot be read: {error.strerror}"
