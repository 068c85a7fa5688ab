"""The certificate and the key of a server that speaks TLS by itself."""

import ssl
from pathlib import Path
from shlex import quote

from ...errors import ConfigurationError
from ..options import Options


def tls_context(options: Options) -> ssl.SSLContext | None:
    """The TLS context of the server's sockets; None for plain http.  Raises `ConfigurationError` if
    these files cannot be used."""
    cert, key = options.tls_cert, options.tls_key
    if cert is None or key is None:
        return None
    # ssl does not say which file is missing
    for option, path in (("--tls-cert", cert), ("--tls-key", key)):
        try:
            Path(path).open("rb").close()
        except OSError as error:
            raise ConfigurationError(
                f"the file {path} of {option} cannot be read: {error.strerror}"
            ) from error
    return _loaded(cert, key)


def _loaded(cert: str, key: str) -> ssl.SSLContext:
    def refuse() -> str:
        # without this, OpenSSL asks at the terminal and waits
        raise ConfigurationError(
            f"the key {key} of --tls-key is encrypted, and a server cannot ask for its pass phrase."
            " Decrypt it into a file that only the server's account can read, and name that file:"
            f" umask 077; openssl pkey -in {quote(key)} -out plain.pem"
        )

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key, refuse)
    except OSError as error:  # includes ssl errors
        raise ConfigurationError(
            f"the TLS certificate {cert} and the key {key} cannot be used together: they may be"
            f" exchanged, not belong together, or be no PEM ({error})"
        ) from error
    return context
