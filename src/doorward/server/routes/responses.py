"""How a page, a refusal and a redirect leave the server."""

from collections.abc import Mapping
from typing import Any

from fastapi.responses import HTMLResponse, RedirectResponse

from ...errors import Rejected
from ...types import Principal, Session
from ...web import origin
from ...web.asgi import current_visit
from ..refusals import Refused
from ..service import Service
from ..ui.page import Page
from ..ui.rendering import render
from .notices import announce


def show(service: Service, page: Page, refused: Refused | None = None) -> HTMLResponse:
    """A page; with `refused`, one whose form was not taken."""
    response = HTMLResponse(render(page, service.site), 200 if refused is None else refused.status)
    for name, value in [] if refused is None else refused.headers:
        response.headers.append(name.decode(), value.decode())
    return response


def see(path: str, news: str = "", sessions: int | None = None) -> RedirectResponse:
    """Go on to `path` with a GET (RFC 9110 section 15.4.4), which tells the news."""
    response = RedirectResponse(path, 303)
    response.headers["location"] = path  # to the letter, where Starlette would encode once more
    if news:
        announce(response, news, sessions)
    return response


def user_path(subject: str) -> str:
    """The address of a user's page in the console."""
    return f"/admin/users/{subject}"


def wrong(refused: Refused | None) -> Mapping[str, Any]:
    """The fields of a page's record that say what is wrong with its form."""
    if refused is None:
        return {}
    if refused.field:
        return {"field_errors": {refused.field: str(refused)}}
    return {"error": _with_wait(refused)}


async def who_is_here() -> Principal | None:
    """Who is logged in, on a page that needs nobody to be; a dead session is nobody."""
    try:
        return await current_visit().optional_principal()
    except Rejected:
        return None


async def who_is_in_this_browser() -> Principal | None:
    """Who is logged in by cookie, and by nothing that a program holds."""
    found = await who_is_here()
    return found if current_visit().via == "cookie" else None


def session_token(service: Service, here: Principal | Session) -> str:
    """The CSRF token of the forms of somebody who is logged in `here`."""
    return origin.csrf_token(service.auth.csrf_keys, here.sid)


async def form_token() -> str:
    """The CSRF token of whatever session this browser shows, for pages that need none."""
    visit = current_visit()
    sid = await visit.origin_check().cookie_sid()
    return "" if sid is None else origin.csrf_token(visit.auth.csrf_keys, sid)


def _with_wait(refused: Refused) -> str:
    if refused.retry_after is None or refused.retry_after < 60:
        return str(refused)
    minutes = -(-refused.retry_after // 60)
    when = f"{minutes} minutes" if minutes > 1 else "a minute"
    return f"Too many attempts. Try again in {when}."
