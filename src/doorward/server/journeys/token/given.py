"""What the token endpoint is shown, and what it gives, by whichever grant type."""

from collections.abc import Mapping
from typing import NamedTuple

from ....dpop import Proof
from ....types import Issued
from ...oauth.client import Client


class Shown(NamedTuple):
    """A request of a client that authenticated: its form, and the key that it proves, if any."""

    client: Client
    form: Mapping[str, str]
    proof: Proof | None


class Given(NamedTuple):
    """Tokens, the `nonce` that an ID token beside them repeats, and the thumbprint of the key that
    the access token is bound to; empty where there is none."""

    issued: Issued
    nonce: str = ""
    jkt: str = ""
