"""The JSON API: each route hands its body to a flow and shows what comes back."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from ...errors import Reason, Rejected, StoreUnavailable
from ...settings import JWKS_MAX_AGE
from ...types import Issued, Principal
from ...web import origin
from ...web.asgi import current_visit
from ...web.fastapi import Guard
from ...web.login import deliver
from ...web.transport import Transport
from ..flows.elevate import elevate
from ..flows.login import login
from ..flows.logout import logout
from ..flows.password import change_password
from ..flows.sessions import end_others, end_session, list_sessions
from ..flows.signup import signup
from ..metrics.metrics import CONTENT_TYPE
from ..refusals import Refusal, Refused
from ..service import Service
from .access import note_denied
from .bodies import (
    Account,
    ElevateBody,
    Health,
    LoginBody,
    Me,
    PasswordBody,
    Problem,
    RefreshBody,
    Sessions,
    SignupBody,
    Tokens,
    Who,
    session_entry,
    tokens,
    who,
)
from .gauges import measure
from .metrics import may_scrape
from .strict_json import StrictRoute


def the_service(request: Request) -> Service:
    """What the lifespan opened."""
    service: Service = request.app.state.service
    return service


Serving = Annotated[Service, Depends(the_service)]
Known = Annotated[Principal, Depends(Guard())]

PROBLEM: dict[int | str, dict[str, Any]] = {
    "default": {"description": "Any refusal, with its reason.", "model": Problem}
}

PUBLIC = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
"""The headers of an answer that scripts of every origin may read, without cookies."""

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


@router.post("/api/signup", status_code=201, tags=["Account"], summary="Make an account")
async def post_signup(body: SignupBody, service: Serving) -> Account:
    """Refused with `email_taken`, `weak_password`, `invalid_email`, `signup_closed` or
    `too_many_attempts`."""
    return Account(subject=(await signup(service, body.email, body.password)).subject)


@router.post("/api/login", tags=["Login"], summary="Log in", response_model_exclude_none=True)
async def post_login(body: LoginBody, service: Serving, response: Response) -> Who | Tokens:
    """With `cookie`, the answer sets the cookies and says who is logged in; with `bearer`, it holds
    the tokens. A session that the request brings along is ended.

    `invalid_credentials` also stands for an unknown and for a locked account. Only failures count
    towards `too_many_attempts`.
    """
    if body.transport == "cookie":  # before the password is looked at, and a wrong one counted
        await current_visit().check_keeps_cookies()
    issued = await login(service, response, body.email, body.password, body.transport)
    return _shown(service, issued, body.transport)


@router.post("/api/refresh", tags=["Login"], summary="Refresh", response_model_exclude_none=True)
async def post_refresh(body: RefreshBody, service: Serving) -> Tokens:
    """Token mode only. Browsers need it not: their cookies renew themselves.

    While the server changes over, it exchanges what was given out in the other mode."""
    if "token" not in service.auth.settings.modes:
        raise Refused(Refusal.NOT_FOUND, "In session mode there is nothing to refresh.")
    issued = await service.auth.refresh(body.refresh_token, current_visit().device())
    return tokens(issued, service.clock())


@router.get("/api/me", tags=["Account"], summary="Who am I?")
async def get_me(principal: Known, service: Serving) -> Me:
    token = origin.csrf_token(service.auth.csrf_keys, principal.sid)
    return Me(**dict(who(principal)), csrf_token=token)


@router.post("/api/logout", status_code=204, tags=["Login"], summary="Log out")
async def post_logout(request: Request, service: Serving) -> Response:
    """Also with a session that is dead already. Deletes the cookies."""
    response = Response(status_code=204)
    await logout(service, request, response)
    return response


@router.get("/api/sessions", tags=["Sessions"], summary="Everywhere I am logged in")
async def get_sessions(principal: Known, service: Serving) -> Sessions:
    rows = await list_sessions(service, principal)
    return Sessions(sessions=[session_entry(row, principal) for row in rows])


@router.delete("/api/sessions", status_code=204, tags=["Sessions"], summary="End all but this one")
async def delete_sessions(principal: Known, service: Serving) -> None:
    await end_others(service, principal)


@router.delete("/api/sessions/{sid}", status_code=204, tags=["Sessions"], summary="End one")
async def delete_session(sid: str, principal: Known, service: Serving) -> None:
    """`not_found` if it is not one of your own live sessions."""
    await end_session(service, principal, sid)


@router.post("/api/password", status_code=204, tags=["Account"], summary="Change the password")
async def post_password(body: PasswordBody, principal: Known, service: Serving) -> None:
    """Ends every other session. Refused with `wrong_password` or `weak_password`."""
    await change_password(service, principal, body.current, body.new)


@router.post(
    "/api/elevate", tags=["Login"], summary="Confirm it is you", response_model_exclude_none=True
)
async def post_elevate(
    body: ElevateBody, principal: Known, service: Serving, response: Response
) -> Who | Tokens:
    """The answer to `step_up_required`: proves the password again within the session, and gives out
    a new credential the way the old one came."""
    issued = await elevate(service, principal, body.password)
    visit = current_visit()
    for name, value in deliver(visit, issued, visit.via):
        response.headers.append(name.decode(), value.decode())
    return _shown(service, issued, visit.via)


@router.get("/.well-known/jwks.json", tags=["Server"], summary="The public signing keys")
async def get_jwks(service: Serving, response: Response) -> dict[str, Any]:
    """Empty in session mode, where nothing is signed. Scripts of every origin may read it."""
    response.headers["cache-control"] = f"public, max-age={JWKS_MAX_AGE}"
    response.headers.update(PUBLIC)
    signs = "token" in service.auth.settings.modes
    return await service.auth.jwks() if signs else {"keys": []}


@router.options("/.well-known/jwks.json", status_code=204, include_in_schema=False)
async def options_jwks(response: Response) -> None:
    """Answers the preflight of a script that adds a header."""
    response.headers.update(PUBLIC | {"access-control-allow-headers": "*"})


@router.get("/healthz", tags=["Server"], summary="Is it well?")
async def get_health(service: Serving, response: Response) -> Health:
    """503 while a database does not answer, and for three seconds after it failed a request, as one
    does that is full or locked: it can be read still. Nothing is written to find out."""
    try:
        await service.auth.store.mark()
        await service.users.by_subject("")
    except StoreUnavailable:
        response.status_code = 503
        return Health(status="unavailable", view="stale")
    view = _view(service)
    if service.recent_failure.is_recent:
        response.status_code = 503
        return Health(status="unavailable", view=view)
    return Health(status="ok", view=view)


@router.get(
    "/metrics",
    tags=["Server"],
    summary="Counters and timings",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_metrics(request: Request, service: Serving) -> Response:
    """For Prometheus: with the token of `--metrics-token-file`, or from the server's own machine
    through no proxy."""
    peer = request.client.host if request.client else ""
    headers, origin = request.scope["headers"], service.options.origin
    if not may_scrape(peer, headers, service.metrics_token, origin):
        await note_denied(request, Reason.MISSING)
        raise Rejected(Reason.MISSING)
    await measure(service)
    return Response(service.metrics.text(), media_type=CONTENT_TYPE)


def _view(service: Service) -> Literal["fresh", "stale"]:
    return "fresh" if service.auth.view_age <= service.options.max_staleness else "stale"


def _shown(service: Service, issued: Issued, via: Transport | None) -> Who | Tokens:
    return who(issued.session) if via == "cookie" else tokens(issued, service.clock())
