"""The page that asks about an act of an administrator."""

from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from ...types import Principal
from ..refusals import Refused
from ..service import Service
from ..ui.page import ActPage
from .menu import menu_of
from .responses import session_token, show, wrong

Form = Mapping[str, str]


def question(
    service: Service,
    principal: Principal,
    request: Request,
    *,
    heading: str,
    sentence: str,
    button: str,
    back: str,
    danger: bool = False,
    roles: str | None = None,
    email: str | None = None,
    action: str = "",
    refused: Refused | None = None,
) -> Response:
    """The page that asks about an act, at the address of the act: that of `request`, unless
    `action` is given."""
    page = ActPage(
        csrf_token=session_token(service, principal),
        menu=menu_of(service),
        heading=heading,
        sentence=sentence,
        button=button,
        danger=danger,
        action=action or request.scope["raw_path"].decode("latin-1"),
        back=back,
        roles=roles,
        email=email,
        **wrong(refused),
    )
    return show(service, page, refused)
