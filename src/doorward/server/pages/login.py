"""Sign up, log in, log out."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...web.asgi import current_visit
from ...web.return_to import local_path
from .. import cookie_hint
from ..flows.login import enter, login
from ..flows.logout import logout
from ..flows.signup import signup
from ..refusals import Refusal, Refused
from ..routes.api import Serving
from ..routes.submit_once import PageRoute
from ..service import Service
from ..ui.console import ActPage
from ..ui.forms import read_form
from ..ui.rendering import LoginPage, SignupPage
from .notices import Notice, notice, told
from .responses import form_token, see, show, wrong

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/signup")
async def get_signup(request: Request, service: Serving) -> Response:
    if service.options.signup == "closed":
        raise Refused(Refusal.SIGNUP_CLOSED)
    return await _signup_page(service, request.query_params)


@router.post("/signup")
async def post_signup(request: Request, service: Serving) -> Response:
    """The new account is logged in at once: its owner just typed the password."""
    form = await read_form(request)
    response = see(local_path(form.get("return_to", "")) or "/account")
    try:
        # the mark first: whatever is decided about the new user meanwhile stops this login
        attempt = await service.doorward.attempt()
        user = await signup(service, form.get("email", ""), form.get("password", ""))
    except Refused as refused:
        return await _signup_page(service, form, refused)
    await enter(service, attempt, response, user, "cookie")
    cookie_hint.mark(request, response)
    return response


@router.get("/login")
async def get_login(request: Request, service: Serving) -> Response:
    response = await _login_page(request, service, request.query_params)
    told(request, response)
    cookie_hint.unmark(request, response)
    return response


@router.post("/login")
async def post_login(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    response = see(local_path(form.get("return_to", "")) or "/account")
    try:
        await login(service, response, form.get("email", ""), form.get("password", ""), "cookie")
    except Refused as refused:
        return await _login_page(request, service, form, refused)
    cookie_hint.mark(request, response)
    return response


@router.get("/logout")
async def get_logout() -> Response:
    """Asks: no look at an address may log out, or every link and image could."""
    if not current_visit().held():
        return see("/login")
    page = ActPage(
        csrf_token=await form_token(),
        heading="Log out?",
        sentence="Your other places stay logged in.",
        button="Log out",
        action="/logout",
        back="/account",
    )
    return show(page)


@router.post("/logout")
async def post_logout(request: Request, service: Serving) -> Response:
    await read_form(request)
    response = see("/login", "logout")
    await logout(service, request, response)
    cookie_hint.unmark(request, response)
    return response


async def _signup_page(
    service: Service, form: Mapping[str, str], refused: Refused | None = None
) -> Response:
    page = SignupPage(
        csrf_token=await form_token(),
        return_to=local_path(form.get("return_to", "")),
        password_min=service.options.min_password,
        email=form.get("email", "") if refused else "",
        **wrong(refused),
    )
    return show(page, refused)


async def _login_page(
    request: Request, service: Service, form: Mapping[str, str], refused: Refused | None = None
) -> Response:
    hint = cookie_hint.hint(request, service.options.origin)
    news = Notice() if refused else notice(request)
    page = LoginPage(
        csrf_token=await form_token(),
        return_to=local_path(form.get("return_to", "")),
        signup_open=service.options.signup == "open",
        email=form.get("email", "") if refused else "",
        notice=hint or news.sentence,
        tone="news" if hint else news.tone,
        **wrong(refused),
    )
    return show(page, refused)
