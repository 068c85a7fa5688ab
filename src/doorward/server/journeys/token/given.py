"""What the token endpoint gives, by whichever grant type."""

from typing import NamedTuple

from ....types import Issued


class Given(NamedTuple):
    """Tokens, and the `nonce` that an ID token beside them repeats, or empty."""

    issued: Issued
    nonce: str = ""
