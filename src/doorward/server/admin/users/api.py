"""`/api/admin/users`."""

from typing import Annotated

from fastapi import Query, Request

from ...routes.admin import BARE, After, api_router
from ...routes.dependencies import Serving
from ...routes.live_session import Ended, live_session
from ...steps.live_sessions import live_sessions
from . import flow
from .bodies import (
    Locked,
    ResetLink,
    Roles,
    RolesBody,
    UserDetails,
    UserEntry,
    UserList,
    user_entry,
    user_members,
)
from .search import users_of

router = api_router()


@router.get("/users", summary="Users")
async def get_users(
    request: Request,
    service: Serving,
    query: str = "",
    role: str = "",
    state: Annotated[str, Query(description="`active` or `locked`.")] = "",
    sort: Annotated[str, Query(description="`email`, or `newest` first.")] = "",
    after: After = "",
) -> UserList:
    """Those whose address contains `query`, or whose subject it is; or all. `total` counts no
    further than 10,001."""
    found = await users_of(service, request.query_params)
    entries = [user_entry(user) for user in found.users]
    return UserList(users=entries, total=found.total, after=found.after)


@router.get("/users/{subject}", summary="One user")
async def get_user(subject: str, service: Serving) -> UserDetails:
    user = await flow.find(service, subject)
    rows = await live_sessions(service, subject)
    return UserDetails(
        **user_members(user),
        factors=list((await service.factors.held(subject)).names),
        sessions=[live_session(row, user) for row in rows],
    )


@router.post("/users/{subject}/lock", summary="Lock a user out", dependencies=BARE)
async def post_lock(subject: str, service: Serving) -> Locked:
    """Ends every session and refuses new ones. Refused with `last_admin`."""
    user, ended = await flow.lock_user(service, subject)
    return Locked(**user_members(user), sessions_ended=ended)


@router.post("/users/{subject}/unlock", summary="Let a user in again", dependencies=BARE)
async def post_unlock(subject: str, service: Serving) -> UserEntry:
    return user_entry(await flow.unlock_user(service, subject))


@router.post("/users/{subject}/reset-link", summary="A link to reset", dependencies=BARE)
async def post_reset_link(subject: str, service: Serving) -> ResetLink:
    """Whoever has the link can choose a new password for this user, once, within the hour. It is
    sent to the user's address; where no mail is sent, it is here instead."""
    user, link, expires_at = await flow.give_reset_link(service, subject)
    if not link:
        return ResetLink(sent_to=user.email)
    return ResetLink(reset_link=link, expires_at=expires_at)


@router.put("/users/{subject}/roles", summary="Give a user these roles")
async def put_roles(subject: str, body: RolesBody, service: Serving) -> Roles:
    """In live sessions too, from their next check on; nobody is logged out. Refused with
    `last_admin`."""
    user, changed = await flow.set_roles(service, subject, frozenset(body.roles))
    return Roles(**user_members(user), sessions_changed=changed)


@router.delete("/users/{subject}/factors", summary="Reset a user's factors", dependencies=BARE)
async def delete_user_factors(subject: str, service: Serving) -> Ended:
    """Deletes the app, passkeys and recovery codes of somebody who lost them, and ends every
    session. `not_found` if there are none."""
    return Ended(sessions_ended=await flow.reset_factors(service, subject))


@router.delete("/users/{subject}/sessions", summary="End a user's sessions", dependencies=BARE)
async def delete_user_sessions(subject: str, service: Serving) -> Ended:
    return Ended(sessions_ended=await flow.end_all(service, subject))
