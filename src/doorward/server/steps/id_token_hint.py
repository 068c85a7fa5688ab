"""What an application says about whom it logged in here: an ID token that we gave it."""

from ...errors import Rejected
from ...id_token import IdToken
from ..service import Service


async def read_hint(service: Service, token: str, client_id: str = "") -> IdToken | None:
    """What a hint says, however old it is; None for what is no ID token of ours, or is that of
    another application than `client_id`.  It proves nobody: whoever had a session may have kept
    it."""
    try:
        hint = await service.provider.grants.read_id_token(token, expired_too=True)
    except Rejected:
        return None
    return hint if client_id in ("", hint.client_id) else None
