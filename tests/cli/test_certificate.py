"""Certificates that no authority would sign, and OpenSSL may serve."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doorward.cli.certificate import look_at
from doorward.server.options import Options
from tests.support.certificate import make_certificate

MALFORMED = {
    "duplicate extension": (b"\x55\x1d\x13", b"\x55\x1d\x11"),
    "unsupported name": (b"\x82\x09localhost", b"\xa3\x09\x30\x07\x04\x05local"),
    "address of five bytes": (b"\x82\x09localhost", b"\x87\x05local\x82\x02st"),
    "version 5": (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x04"),
    "year 0": (b"99991231", b"00001231"),
    "day 32": (b"99991231", b"99991232"),
}


@pytest.mark.parametrize(("good", "bad"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_certificate_is_one_that_cannot_be_read(
    tmp_path: Path, good: bytes, bad: bytes
) -> None:
    """OpenSSL serves most of these, so a server may run with them."""
    make_certificate(tmp_path, datetime(9999, 12, 31, tzinfo=UTC))
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    given = Options(tls_cert=str(cert), tls_key=str(key))
    assert look_at(given) is not None
    made = ssl.PEM_cert_to_DER_cert(cert.read_text())
    assert made.count(good) == 1
    cert.write_text(ssl.DER_cert_to_PEM_cert(made.replace(good, bad)))
    assert look_at(given) is None
