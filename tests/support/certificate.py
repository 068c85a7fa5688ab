"""A certificate for localhost, signed by itself."""

import ssl
import subprocess
from pathlib import Path


def make_certificate(folder: Path) -> ssl.SSLContext:
    """Writes `cert.pem` and `key.pem`; what a client needs that is to believe them."""
    make = "openssl req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    make += (
        " -keyout key.pem -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(make.split(), cwd=folder, check=True, capture_output=True)
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))
