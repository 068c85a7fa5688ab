"""The JSON API for administrators.  Every route is theirs alone (`AdminRoute`)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from ..accounts.online import online, place_of, text_of
from ..flows import administer
from ..flows.sessions import MOST
from ..refusals import Refusal, Refused
from .access import LOOK, AdminRoute
from .admin_bodies import (
    Compromised,
    Ended,
    HistoryPage,
    KeyList,
    LiveSessions,
    Locked,
    ResetLink,
    Roles,
    RolesBody,
    Rotated,
    UserDetails,
    UserEntry,
    UserList,
    history_entry,
    key_entry,
    live_session,
    user_entry,
    user_members,
)
from .api import PROBLEM, Known, Serving
from .query import after_of, export, page_of, query_of

PAGE = 50


async def nothing(request: Request) -> None:
    """For an act that takes no body: a `password` that is sent along must not be thought taken."""
    if await request.body() not in (b"", b"{}"):
        raise Refused(Refusal.INVALID_REQUEST, "This takes no body.")


router = APIRouter(
    prefix="/api/admin",
    route_class=AdminRoute,
    responses=PROBLEM,
    tags=["Administration"],
    dependencies=[Depends(LOOK)],  # decided by the route already; here it says so in the schema
)
BARE = [Depends(nothing)]
After = Annotated[str, Query(description="The `after` of the page before.")]


@router.get("/users", summary="Users")
async def get_users(service: Serving, query: str = "", after: After = "") -> UserList:
    """Those whose address contains `query`, or whose subject it is; or all."""
    found = await service.users.list(after or None, PAGE + 1, query=query.strip())
    shown = found[:PAGE]
    more = shown[-1].email if len(found) > PAGE else None
    return UserList(users=[user_entry(user) for user in shown], after=more)


@router.get("/users/{subject}", summary="One user")
async def get_user(subject: str, service: Serving) -> UserDetails:
    user = await administer.find(service, subject)
    rows = await service.auth.sessions(subject, limit=MOST)
    return UserDetails(**user_members(user), sessions=[live_session(row, user) for row in rows])


@router.post("/users/{subject}/lock", summary="Lock a user out", dependencies=BARE)
async def post_lock(subject: str, service: Serving) -> Locked:
    """Ends every session and refuses new ones. Refused with `last_admin`."""
    user, ended = await administer.lock_user(service, subject)
    return Locked(**user_members(user), sessions_ended=ended)


@router.post("/users/{subject}/unlock", summary="Let a user in again", dependencies=BARE)
async def post_unlock(subject: str, service: Serving) -> UserEntry:
    return user_entry(await administer.unlock_user(service, subject))


@router.post("/users/{subject}/reset-link", summary="A link to reset", dependencies=BARE)
async def post_reset_link(subject: str, service: Serving) -> ResetLink:
    """With it its bearer chooses a new password for this user, once, within the hour. It is sent to
    the user's address; where no mail is sent, it is here instead."""
    if service.options.mail == "smtp":
        return ResetLink(sent_to=(await administer.send_reset_link(service, subject)).email)
    _, link, expires_at = await administer.make_reset_link(service, subject)
    return ResetLink(reset_link=link, expires_at=expires_at)


@router.put("/users/{subject}/roles", summary="Give a user these roles")
async def put_roles(subject: str, body: RolesBody, service: Serving) -> Roles:
    """In live sessions too, from their next check on; nobody is logged out. Refused with
    `last_admin`."""
    user, changed = await administer.set_roles(service, subject, frozenset(body.roles))
    return Roles(**user_members(user), sessions_changed=changed)


@router.delete("/users/{subject}/sessions", summary="End a user's sessions", dependencies=BARE)
async def delete_user_sessions(subject: str, service: Serving) -> Ended:
    return Ended(sessions_ended=await administer.end_all(service, subject))


@router.delete("/sessions", summary="End everybody's sessions", dependencies=BARE)
async def delete_sessions(principal: Known, service: Serving) -> Ended:
    """Of everybody, but the one that asks; all of them can log in again."""
    return Ended(sessions_ended=(await administer.end_everyone(service, principal)).sessions)


@router.delete("/sessions/{sid}", summary="End anybody's session", dependencies=BARE)
async def delete_session(sid: str, service: Serving) -> Ended:
    return Ended(sessions_ended=(await administer.end_one(service, sid))[1])


@router.get("/online", summary="Who is logged in")
async def get_online(service: Serving, query: str = "", after: After = "") -> LiveSessions:
    """In both modes, of everybody or of those whom `query` finds."""
    found = await online(service.users, service.auth, query.strip(), place_of(after))
    rows = [live_session(row, found.users.get(row.subject)) for row in found.sessions]
    return LiveSessions(sessions=rows, after=text_of(found.older))


@router.get("/history", summary="What happened", response_model=HistoryPage)
async def get_history(
    request: Request,
    service: Serving,
    person: str = "",
    kind: str = "",
    address: str = "",
    since: str = "",
    until: str = "",
    after: After = "",
    format: Annotated[str, Query(description="`csv` or `jsonl`: all of it, as a file.")] = "",
) -> Any:
    """The latest first; `person` by address or subject, times in seconds or ISO 8601."""
    query = await query_of(request, service.users)
    if format:
        return export(service.history, query, format)
    found, older = await page_of(service.history, query, after_of(after))
    return HistoryPage(entries=[history_entry(each) for each in found], after=older)


@router.get("/keys", summary="The signing keys")
async def get_keys(service: Serving) -> KeyList:
    keys, now = await service.auth.signing.keys(), service.clock()
    return KeyList(keys=[key_entry(key, keys, now) for key in keys])


@router.post("/keys/rotate", summary="Let the next key take over", dependencies=BARE)
async def post_rotate(service: Serving) -> Rotated:
    """`not_found` in session mode, where nothing is signed."""
    key = await administer.rotate_keys(service.auth)
    return Rotated(kid=key.kid, signs_from=key.signs_from or 0)


@router.post("/keys/{kid}/compromise", summary="A key leaked", dependencies=BARE)
async def post_compromise(kid: str, service: Serving) -> Compromised:
    """Nothing that it signed is accepted any more. Who has a good refresh token stays logged in."""
    gone, signer = await administer.compromise_key(service.auth, kid)
    return Compromised(kid=kid, withdrawn=gone, signing=signer.kid)
