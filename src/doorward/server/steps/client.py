"""Which application calls: the first thing that the endpoints for programs ask."""

from collections.abc import Mapping, Sequence

from ...web import limits
from ...web.asgi import current_visit
from ...web.limiter import Full
from ..oauth.client import Client
from ..oauth.client_auth import presented
from ..oauth.token_error import Code, TokenError
from ..service import Service


async def authenticated(
    service: Service, authorization: Sequence[str], form: Mapping[str, str]
) -> Client:
    """The client that made a request.  A public one only names itself, since it can keep no secret:
    what it shows beside, such as a code and its verifier, proves more.  Raises `TokenError`, alike
    for unknown, disabled and wrong."""
    shown = presented(authorization, form)
    client = await service.provider.clients.find(shown.client_id)
    if client is None or not service.provider.documents.allows(client):
        raise await _failed(service, "" if client is None else client.client_id)
    if client.kind == "public":
        right = shown.secret is None
    else:
        right = shown.secret is not None and client.has_secret(shown.secret, service.clock())
    if not right:
        raise await _failed(service, client.client_id)
    return client


async def token_refused(
    service: Service, code: Code, client_id: str, sentence: str = "", *, subject: str = ""
) -> TokenError:
    """The error of an endpoint for programs, noted."""
    await service.recorder.note("token_refused", subject=subject, outcome=code, client=client_id)
    return TokenError(code, sentence)


async def _failed(service: Service, client_id: str) -> TokenError:
    """Counted by source.  Nobody guesses 256 bits, so a right secret is taken at any count, and
    strangers keep no application out."""
    error = await token_refused(service, "invalid_client", client_id)
    try:
        await service.limiter.count(limits.clients(current_visit().device().address))
    except Full as full:
        return TokenError("slow_down", retry_after=full.retry_after)
    return error
