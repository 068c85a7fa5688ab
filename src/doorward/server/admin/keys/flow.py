"""What an administrator does about the signing keys."""

from ....auth import Auth
from ....types import SigningKey
from ... import signing_keys
from ...refusals import Refusal, Refused


async def rotate_keys(auth: Auth) -> SigningKey:
    """Let the next signing key take over.  The key that will sign, from `signs_from` on."""
    if not await auth.signing.keys():
        raise Refused(Refusal.NOT_FOUND, "Nothing has been signed.")
    return await signing_keys.rotate(auth)


async def compromise_key(auth: Auth, kid: str) -> tuple[list[str], SigningKey]:
    """Accept nothing any more that a key signed.  The keys withdrawn, and the one that signs."""
    try:
        return await signing_keys.compromise(auth, kid)
    except LookupError:
        raise Refused(Refusal.NOT_FOUND, "There is no such key.") from None
