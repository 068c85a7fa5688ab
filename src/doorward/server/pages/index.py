"""The index page, the API documentation, and the files that pages are made of."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...web.asgi import current_visit
from ..refusals import Refusal, Refused
from ..routes.api import Serving
from ..ui.api_docs import read_openapi
from ..ui.rendering import DocsPage, IndexPage, static_file
from .responses import show

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_index(service: Serving) -> Response:
    principal = await current_visit().optional_principal()
    signup_open = service.options.signup == "open"
    return show(IndexPage(signed_in=principal is not None, signup_open=signup_open))


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    return show(DocsPage(api=read_openapi(request.app.openapi())))


@router.get("/static/{address}")
async def get_static(address: str) -> Response:
    file = static_file(address)
    if file is None:
        raise Refused(Refusal.NOT_FOUND)
    return Response(
        file.body, media_type=file.media_type, headers={"cache-control": file.cache_control}
    )
