"""Which key a request of an application proves (DPoP, RFC 9449)."""

from fastapi import Request

from ...dpop import REMEMBERED, Proof, read_proof
from ...errors import Rejected
from ..oauth.token_error import TokenError
from ..service import Service


def shown_proof(service: Service, request: Request, path: str, token: str = "") -> Proof | None:
    """The proof of a request to `path`, with an access token if one is shown beside it; None where
    there is none.  Raises `TokenError(invalid_dpop_proof)`, also for two."""
    headers = request.headers.getlist("dpop")
    if not headers:
        return None
    if len(headers) > 1:
        raise TokenError("invalid_dpop_proof")
    uri, at = service.provider.issuer + path, service.clock()
    try:
        return read_proof(headers[0], method=request.method, uri=uri, at=at, token=token)
    except Rejected:
        raise TokenError("invalid_dpop_proof") from None


async def proved_key(service: Service, proof: Proof | None) -> str:
    """The thumbprint of the key that was proved, empty for none.  Uses the proof up, at all nodes:
    call it once everything else is in order, so that strangers fill no table.  Raises
    `TokenError(invalid_dpop_proof)` for one that was used."""
    if proof is None:
        return ""
    if await service.auth.store.hit(f"dpop:{proof.id}", REMEMBERED, 1, service.clock()):
        raise TokenError("invalid_dpop_proof")
    return proof.jkt
