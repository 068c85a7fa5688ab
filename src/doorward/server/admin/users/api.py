"""`/api/admin/users`."""

from typing import Annotated, Any

from fastapi import Query, Request

from ...routes.admin import BARE, After, api_router
from ...routes.dependencies import Serving
from ...routes.live_session import Ended, live_session
from ...routes.user_entry import UserEntry, user_entry
from ...steps.live_sessions import live_sessions
from . import flow
from .bodies import (
    EmailBody,
    Invitation,
    Locked,
    NewUser,
    NewUserBody,
    ResetLink,
    Roles,
    RolesBody,
    UserDetails,
    UserList,
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


@router.post("/users", status_code=201, summary="Add a user", response_model_exclude_unset=True)
async def post_users(body: NewUserBody, service: Serving) -> NewUser:
    """Without a password. An invitation is sent to the address; where no mail is sent, its link is
    here instead. Refused with `email_taken` or `invalid_email`."""
    user = await flow.add_user(service, body.email, frozenset(body.roles))
    invited = _invitation(await flow.invite(service, user.subject)) if body.invite else {}
    return NewUser(**user.facts(), **invited)


@router.get("/users/{subject}", summary="One user")
async def get_user(subject: str, service: Serving) -> UserDetails:
    user = await flow.find(service, subject)
    rows = await live_sessions(service, subject)
    return UserDetails(
        **user.facts(),
        factors=list((await service.factors.held(subject)).names),
        sessions=[live_session(row, user) for row in rows],
    )


@router.patch("/users/{subject}", summary="Change the address of a user")
async def patch_user(subject: str, body: EmailBody, service: Serving) -> UserEntry:
    """Sessions stay, and the new address is not proved. Both addresses get a letter. Refused with
    `email_taken` or `invalid_email`."""
    return user_entry(await flow.set_email(service, subject, body.email))


@router.delete("/users/{subject}", summary="Delete a user", dependencies=BARE)
async def delete_user(subject: str, service: Serving) -> Ended:
    """At once, with every session. Refused with `last_admin`, and with `own_account` for who
    asks."""
    return Ended(sessions_ended=await flow.delete_user(service, subject))


@router.post("/users/{subject}/invite", summary="Invite a user", dependencies=BARE)
async def post_invite(subject: str, service: Serving) -> Invitation:
    """Whoever has the link can choose the first password of this user, once, within seven days. It
    is sent to the user's address; where no mail is sent, it is here instead. Refused with
    `has_password`."""
    return Invitation(**_invitation(await flow.invite(service, subject)))


@router.post("/users/{subject}/lock", summary="Lock a user out", dependencies=BARE)
async def post_lock(subject: str, service: Serving) -> Locked:
    """Ends every session and refuses new ones. Refused with `last_admin`."""
    user, ended = await flow.lock_user(service, subject)
    return Locked(**user.facts(), sessions_ended=ended)


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
    return Roles(**user.facts(), sessions_changed=changed)


@router.delete("/users/{subject}/factors", summary="Reset a user's factors", dependencies=BARE)
async def delete_user_factors(subject: str, service: Serving) -> Ended:
    """Deletes the app, passkeys and recovery codes of somebody who lost them, and ends every
    session. `not_found` if there are none."""
    return Ended(sessions_ended=await flow.reset_factors(service, subject))


@router.delete("/users/{subject}/sessions", summary="End a user's sessions", dependencies=BARE)
async def delete_user_sessions(subject: str, service: Serving) -> Ended:
    return Ended(sessions_ended=await flow.end_all(service, subject))


def _invitation(made: flow.PasswordLink) -> dict[str, Any]:
    if not made.link:
        return {"sent_to": made.user.email}
    return {"invitation_link": made.link, "expires_at": made.expires_at}
