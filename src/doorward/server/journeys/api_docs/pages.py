"""`/docs`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...routes.responses import show
from ...ui.page import Page
from .reader import ApiDocs, read_openapi

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsPage(Page):
    """The documentation of the API, as `read_openapi` reads it."""

    template: ClassVar[str] = "journeys/api_docs/docs.html"
    api: ApiDocs


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    return show(DocsPage(api=read_openapi(request.app.openapi())))
