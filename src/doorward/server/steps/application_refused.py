"""An application that sent a person here is refused: nobody is sent on."""

from ..refusals import Refusal, Refused
from ..service import Service


async def application_refused(
    service: Service, refusal: Refusal, client_id: str, sentence: str = ""
) -> Refused:
    """The refusal, noted.  `client_id` is that of a client that is registered, or empty: any other
    is whatever a stranger wrote."""
    refused = Refused(refusal, sentence) if sentence else Refused(refusal)
    await service.recorder.note("application_refused", outcome=refused.reason, client=client_id)
    return refused
