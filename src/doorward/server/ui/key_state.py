"""What a signing key is used for."""

from collections.abc import Sequence
from typing import Literal

from ...keys import signer_at
from ...types import SigningKey

State = Literal["signing", "waiting", "scheduled", "retired", "withdrawn"]


def state(key: SigningKey, keys: Sequence[SigningKey], now: int) -> State:
    """What a key is used for now: `signing`, `waiting` to be the next, `scheduled` to take over,
    `retired` or `withdrawn`."""
    if key.withdrawn_at is not None:
        return "withdrawn"
    if key.signs_from is None:
        return "waiting"
    if key.kid == signer_at(keys, now).kid:
        return "signing"
    return "scheduled" if key.signs_from > now else "retired"
