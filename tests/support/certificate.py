"""A certificate for localhost or another host, signed by itself."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


def make_certificate(
    folder: Path, ends: datetime | None = None, host: str = "localhost"
) -> ssl.SSLContext:
    """Writes `cert.pem` and `key.pem`; what a client needs that is to believe them."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(_certificate(key, ends, host).public_bytes(Encoding.PEM))
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))


def encrypt_key(folder: Path, form: PrivateFormat = PrivateFormat.PKCS8) -> None:
    """Write what is in `key.pem` once more, under a pass phrase, as `locked.pem`."""
    key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    pem = key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"pass phrase"))
    (folder / "locked.pem").write_bytes(pem)


def _certificate(
    key: ec.EllipticCurvePrivateKey, ends: datetime | None, host: str
) -> x509.Certificate:
    name, now = x509.Name.from_rfc4514_string(f"CN={host}"), datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(ends or now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return made.sign(key, SHA256())
