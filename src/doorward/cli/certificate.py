"""The certificate and the key of a server that speaks TLS, as `doorward doctor` finds them."""

import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from ..server.options import Options

_MALFORMED = (
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises for a certificate, some of which OpenSSL serves all the same."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Its names, its period of validity, and the permission bits of its key."""

    names: tuple[str, ...]
    begins: int
    ends: int
    key_mode: int

    def is_for(self, host: str) -> bool:
        """Whether browsers accept it for this host (RFC 9525 section 6.3)."""
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names


def look_at(options: Options) -> Certificate | None:
    """None if there is none, or if it cannot be read or is malformed."""
    if options.tls_cert is None or options.tls_key is None:
        return None
    try:
        own, *_ = x509.load_pem_x509_certificates(Path(options.tls_cert).read_bytes())
        mode = stat.S_IMODE(Path(options.tls_key).stat().st_mode)
        begins, ends = own.not_valid_before_utc.timestamp(), own.not_valid_after_utc.timestamp()
        return Certificate(_names(own), int(begins), int(ends), mode)
    except (OSError, *_MALFORMED):
        return None


def _names(own: x509.Certificate) -> tuple[str, ...]:
    try:
        found = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:  # browsers ignore all other names
        return ()
    hosts = found.get_values_for_type(x509.DNSName)
    return (*map(str.lower, hosts), *map(str, found.get_values_for_type(x509.IPAddress)))
