"""The signing keys as administrators and commands see them."""

from collections.abc import Sequence
from typing import Literal

from ..auth import Auth
from ..keys import signer_at
from ..types import SigningKey

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


async def rotate(auth: Auth) -> SigningKey:
    """Let the next signing key take over.  The key that will sign, from `signs_from` on."""
    await auth.rotate_keys()
    timed = [key for key in _good(await auth.signing.keys()) if key.signs_from is not None]
    return max(timed, key=lambda key: (key.signs_from, key.kid))


async def compromise(auth: Auth, kid: str) -> tuple[list[str], SigningKey]:
    """Accept nothing any more that a key signed.  The keys withdrawn, and the one that signs.
    Raises `LookupError` for a key that is not there."""
    before = {key.kid for key in _good(await auth.signing.keys())}
    await auth.withdraw_key(kid)
    keys = await auth.signing.keys()
    good = _good(keys)
    gone = before - {key.kid for key in good}
    return [key.kid for key in keys if key.kid in gone], signer_at(good, auth.clock())


def _good(keys: Sequence[SigningKey]) -> list[SigningKey]:
    return [key for key in keys if key.withdrawn_at is None]
