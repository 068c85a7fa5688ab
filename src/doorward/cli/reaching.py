"""What a server answers at its public origin: only requests to it pass the proxies."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import SSLCertVerificationError
from typing import Any
from urllib.parse import urlsplit

from ..server.options import Options

PATH = "/api/me"
"""Refused without a credential, and never cached."""

LONGEST = 3
"""Seconds to wait for an answer."""

MAX_BODY = 4096
"""Bytes of the answer that are read."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The answer.  `reason` and `detail` are those of a refusal by Doorward, and empty if something
    else answered.  `error` is why there was no answer, `untrusted` what is wrong with the
    certificate."""

    reason: str = ""
    detail: str = ""
    error: str = ""
    untrusted: str = ""


def reach(options: Options) -> Reached | None:
    """Send a request to the public origin; None if no proxy has to say that it came over https."""
    parts = urlsplit(options.origin)
    if parts.scheme != "https" or options.tls_cert is not None:
        return None
    try:
        return judged(_asked(HTTPSConnection(parts.netloc, timeout=LONGEST)))
    except SSLCertVerificationError as error:
        return Reached(untrusted=error.verify_message)
    except (OSError, HTTPException) as error:
        return Reached(error=str(error) or type(error).__name__)


def _asked(connection: HTTPConnection) -> bytes:
    try:
        connection.request("GET", PATH)
        return connection.getresponse().read(MAX_BODY)
    finally:
        connection.close()


def judged(body: bytes) -> Reached:
    """Interpret the body of an answer, which is Doorward's only if it names a reason."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return Reached()
    said = said if isinstance(said, dict) else {}
    return Reached(str(said.get("reason", "")), str(said.get("detail", "")))
