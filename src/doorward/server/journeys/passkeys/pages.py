"""`/account/security/passkeys`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....types import Principal
from ....web.asgi import current_visit
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.logins_elsewhere import show_codes
from ...routes.menu import may_see_console
from ...routes.proven import ProvenRoute, proven
from ...routes.responses import see, session_token, show, wrong
from ...routes.strict_json import parse
from ...service import Service
from ...ui.page import FormPage, Page
from . import registering

router = APIRouter(
    prefix="/account/security/passkeys", route_class=ProvenRoute, include_in_schema=False
)

SECURITY = "/account/security"

NO_SCRIPT = "A passkey needs JavaScript. Allow it for this site, and try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPage(FormPage):
    """Add a passkey, which is to be called `name`."""

    template: ClassVar[str] = "journeys/passkeys/add.html"
    name: str
    console: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyPage(Page):
    """Rename or remove a passkey."""

    template: ClassVar[str] = "journeys/passkeys/passkey.html"
    csrf_token: str
    id: str
    name: str
    console: bool = False


@router.get("/add")
async def get_add(service: Serving) -> Response:
    principal = await proven(service)
    return _add_page(service, principal, current_visit().device().label)


@router.post("/add")
async def post_add(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await proven(service)
    name = form.get("name", "")
    try:
        answer = _answer(form.get("credential", ""))
        _, codes = await registering.add(service, principal, answer, name)
    except Refused as refused:
        return _add_page(service, principal, name, refused)
    back = service.site.path(SECURITY)
    if codes:
        return await show_codes(service, principal, codes, back, first=True)
    return see(back, "passkey_added")


@router.get("/{id}")
@router.get("/{id}/remove")
async def get_passkey(id: str, service: Serving) -> Response:
    principal = await proven(service)
    passkey = await registering.one_of(service, principal, id)
    page = PasskeyPage(
        csrf_token=session_token(service, principal),
        id=passkey.credential_id,
        name=passkey.name,
        console=may_see_console(principal),
    )
    return show(service, page)


@router.post("/{id}")
async def post_passkey(id: str, request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await proven(service)
    await registering.rename(service, principal, id, form.get("name", ""))
    return see(service.site.path(SECURITY), "passkey_renamed")


@router.post("/{id}/remove")
async def post_remove(id: str, request: Request, service: Serving) -> Response:
    await read_form(request)
    principal = await proven(service)
    await registering.remove(service, principal, id)
    return see(service.site.path(SECURITY), "passkey_removed")


def _answer(text: str) -> dict[str, object]:
    """What the script put into the form."""
    if not text:
        raise Refused(Refusal.INVALID_REQUEST, NO_SCRIPT)
    found = parse(text.encode("utf-8", "replace"))
    if not isinstance(found, dict):
        raise Refused(Refusal.INVALID_REQUEST)
    return found


def _add_page(
    service: Service, principal: Principal, name: str, refused: Refused | None = None
) -> Response:
    page = AddPage(
        csrf_token=session_token(service, principal),
        name=name,
        console=may_see_console(principal),
        **wrong(refused),
    )
    return show(service, page, refused)
