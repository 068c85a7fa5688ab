"""The signing keys as administrators and commands see them."""

from collections.abc import Sequence
from typing import Literal

from ..auth import Auth
from ..keys import scheduled, signer_at
from ..types import SigningKey

State = Literal["signing", "waiting", "scheduled", "retired", "withdrawn"]


def state(key: SigningKey, keys: Sequence[SigningKey], now: int) -> State:
    """What a key is used for now: `signing`, `waiting` to be the next, `scheduled` to take over,
    `retired` or `withdrawn`."""
    if key.withdrawn_at is not None:
        return "withdrawn"
    if key.signs_from is None:
        return "waiting"
    if key.kid == signer_at(keys, now, key.line).kid:
        return "signing"
    return "scheduled" if key.signs_from > now else "retired"


async def rotate(auth: Auth) -> SigningKey:
    """Let the next signing keys take over.  The key that will sign access tokens, from `signs_from`
    on."""
    await auth.rotate_keys()
    return scheduled(_good(await auth.signing.keys()), "access")[-1][1]


async def compromise(auth: Auth, kid: str) -> tuple[list[str], SigningKey]:
    """Accept nothing any more that a key signed.  The keys withdrawn, and the one of its line that
    signs.
    Raises `LookupError` for a key that is not there."""
    before = {key.kid for key in _good(await auth.signing.keys())}
    await auth.withdraw_key(kid)
    keys = await auth.signing.keys()
    good = _good(keys)
    gone = before - {key.kid for key in good}
    (line,) = {key.line for key in keys if key.kid == kid}
    return [key.kid for key in keys if key.kid in gone], signer_at(good, auth.clock(), line)


def _good(keys: Sequence[SigningKey]) -> list[SigningKey]:
    return [key for key in keys if key.withdrawn_at is None]
