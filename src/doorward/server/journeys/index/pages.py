"""`/` and `/static`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.responses import Response

from ....web.asgi import current_visit
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.responses import show
from ...ui.page import Page
from ...ui.rendering import static_file

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage(Page):
    """The front page.  `signup_open`: whether strangers may make an account."""

    template: ClassVar[str] = "journeys/index/index.html"
    signed_in: bool
    signup_open: bool


@router.get("/")
async def get_index(service: Serving) -> Response:
    principal = await current_visit().optional_principal()
    signup_open = service.options.signup == "open"
    return show(IndexPage(signed_in=principal is not None, signup_open=signup_open))


@router.get("/static/{address}")
async def get_static(address: str) -> Response:
    file = static_file(address)
    if file is None:
        raise Refused(Refusal.NOT_FOUND)
    return Response(
        file.body, media_type=file.media_type, headers={"cache-control": file.cache_control}
    )
