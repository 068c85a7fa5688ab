"""The offer to end other logins, after a change of factors (ASVS 7.4.3)."""

from starlette.responses import Response

from ...types import Principal, Session
from ..service import Service
from ..ui.page import RecoveryCodesPage
from .responses import session_token, show


async def is_elsewhere(service: Service, here: Principal | Session) -> bool:
    """Whether this person is logged in anywhere else."""
    found = await service.auth.sessions(here.subject, limit=2)
    return any(each.sid != here.sid for each in found)


async def show_codes(
    service: Service,
    here: Principal | Session,
    codes: tuple[str, ...],
    back: str,
    *,
    first: bool = False,
) -> Response:
    """New recovery codes, shown once; `back` and `first` are those of the page."""
    page = RecoveryCodesPage(
        csrf_token=session_token(service, here),
        others=await is_elsewhere(service, here),
        codes=codes,
        back=back,
        first=first,
    )
    return show(service, page)
