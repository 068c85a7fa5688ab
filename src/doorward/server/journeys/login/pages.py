"""`/login`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.return_to import local_path
from ... import cookie_hint
from ...refusals import Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.notices import notice, told
from ...routes.responses import form_token, see, show, wrong
from ...routes.second_step import led_on
from ...routes.submit_once import PageRoute
from ...service import Service
from ...ui.notice import NO_NEWS, Tone
from ...ui.page import FormPage
from .flow import login

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage(FormPage):
    """Prove who you are.  `notice` says, for instance, that a cookie did not come back; `tone` is
    `done` where it tells of a success.  `forgot`: a link to a new password comes by mail.
    `mail_login`: people may log in by mail."""

    template: ClassVar[str] = "journeys/login/login.html"
    return_to: str
    signup_open: bool
    email: str = ""
    notice: str = ""
    tone: Tone = "news"
    forgot: bool = False
    mail_login: bool = False


@router.get("/login")
async def get_login(request: Request, service: Serving) -> Response:
    response = await _page(request, service, request.query_params)
    told(request, response)
    cookie_hint.unmark(request, response)
    return response


@router.post("/login")
async def post_login(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    back = local_path(form.get("return_to", ""))
    response = see(back or service.site.path("/account"))
    try:
        email, password = form.get("email", ""), form.get("password", "")
        begun = await login(service, response, email, password, "cookie", back)
    except Refused as refused:
        return await _page(request, service, form, refused)
    cookie_hint.mark(request, response)
    return led_on(service, response, begun)


async def _page(
    request: Request, service: Service, form: Mapping[str, str], refused: Refused | None = None
) -> Response:
    hint = cookie_hint.hint(request, service.options.origin)
    news = NO_NEWS if refused else notice(request)
    page = LoginPage(
        csrf_token=await form_token(),
        return_to=local_path(form.get("return_to", "")),
        signup_open=service.options.signup == "open",
        forgot=service.options.mail != "none",
        mail_login=service.options.login_by_mail,
        email=form.get("email", "") if refused else "",
        notice=hint or news.sentence,
        tone="news" if hint else news.tone,
        **wrong(refused),
    )
    return show(service, page, refused)
