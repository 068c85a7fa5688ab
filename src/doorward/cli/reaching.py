"""What a server answers at its public origin: only there is seen what the proxies say of a
request."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import SSLCertVerificationError
from typing import Any
from urllib.parse import urlsplit

from ..server.options import Options

PATH = "/api/me"
"""Refused to everybody who shows nothing, and cached by nobody."""

LONGEST = 3
"""Seconds to wait for an answer."""

MAX_BODY = 4096
"""Bytes read of it."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What came back.  `reason` and `detail` are those of a refusal of Doorward's, empty where
    something else answered; `error` is why nothing did, `untrusted` what is wrong with the
    certificate of whatever did."""

    reason: str = ""
    detail: str = ""
    error: str = ""
    untrusted: str = ""


def reach(options: Options) -> Reached | None:
    """Ask at the public origin; None where no proxy stands in front and has to say anything."""
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
    """What an answer with this body is; nothing of Doorward's unless it names a reason."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return Reached()
    said = said if isinstance(said, dict) else {}
    return Reached(str(said.get("reason", "")), str(said.get("detail", "")))
