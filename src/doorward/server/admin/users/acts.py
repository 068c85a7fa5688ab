"""The acts on a user, each at an address of its own: a look asks, a form does it.

To look already needs a recent proof, so that nobody has to prove anything in the middle of an act;
should it have become too old meanwhile, the way leads back to the question, never to the deed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request
from starlette.responses import Response

from ....types import Principal
from ...accounts.user import User
from ...refusals import Refusal, Refused
from ...routes.access import admit
from ...routes.acts import Form, question
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import menu_of
from ...routes.responses import see, show, user_path
from ...service import Service
from ...ui.page import ConsolePage
from . import flow

router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage(ConsolePage):
    """A one-time link for somebody else; it is shown here and never again."""

    template: ClassVar[str] = "admin/users/link.html"
    email: str
    link: str
    expires_at: int
    back: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to one user: how it is asked about, and what does it."""

    heading: str
    sentence: str
    button: str
    carry_out: Callable[[Service, User, Form], Awaitable[Response]]
    takes_roles: bool = False
    danger: bool = False


async def _lock(service: Service, user: User, form: Form) -> Response:
    _, ended = await flow.lock_user(service, user.subject)
    return see(service.site.path(user_path(user.subject)), "locked", ended)


async def _unlock(service: Service, user: User, form: Form) -> Response:
    await flow.unlock_user(service, user.subject)
    return see(service.site.path(user_path(user.subject)), "unlocked")


async def _end_all(service: Service, user: User, form: Form) -> Response:
    return see(
        service.site.path(user_path(user.subject)),
        "user_out",
        await flow.end_all(service, user.subject),
    )


async def _reset_factors(service: Service, user: User, form: Form) -> Response:
    ended = await flow.reset_factors(service, user.subject)
    return see(service.site.path(user_path(user.subject)), "factors_reset", ended)


async def _roles(service: Service, user: User, form: Form) -> Response:
    given = frozenset(form.get("roles", "").replace(",", " ").split())
    _, changed = await flow.set_roles(service, user.subject, given)
    return see(service.site.path(user_path(user.subject)), "roles_set", changed)


async def _reset_link(service: Service, user: User, form: Form) -> Response:
    _, link, expires_at = await flow.give_reset_link(service, user.subject)
    if not link:
        return see(service.site.path(user_path(user.subject)), "link_sent")
    page = LinkPage(
        menu=menu_of(service),
        email=user.email,
        link=link,
        expires_at=expires_at,
        back=user_path(user.subject),
    )
    return show(service, page)


ACTIONS = {
    "lock": Act(
        "Lock {}?",
        "Every session of this person ends at once, and they cannot log in until they are"
        " unlocked. Nobody else is affected.",
        "Lock",
        _lock,
        danger=True,
    ),
    "unlock": Act("Unlock {}?", "This person can log in again.", "Unlock", _unlock),
    "end-all": Act(
        "Log {} out everywhere?",
        "Every session of this person ends at once. They can log in again.",
        "End all sessions",
        _end_all,
        danger=True,
    ),
    "reset-factors": Act(
        "Reset the factors of {}?",
        "Their authenticator app, passkeys and recovery codes are deleted, and every session ends."
        " Until they set up new ones, the password alone logs them in: first make sure that it is"
        " this person who asks. They are told by mail, if this server sends any.",
        "Reset factors",
        _reset_factors,
        danger=True,
    ),
    "roles": Act(
        "Roles of {}",
        "These roles replace the present ones, in live sessions too, from the next request on."
        " Nobody is logged out.",
        "Set roles",
        _roles,
        takes_roles=True,
    ),
    "reset-link": Act(
        "Make a reset link for {}?",
        "With the link this person can choose a new password, once, within an hour. The link is"
        " mailed to them. If this server sends no mail, it is shown to you, once. You never see"
        " the password.",
        "Make the link",
        _reset_link,
    ),
}
"""Every act on a user, by the last part of its address."""


@router.get("/users/{subject}/{name}")
async def get_act(subject: str, name: str, request: Request, service: Serving) -> Response:
    act = _act(name)
    principal = await admit(request, act=True)
    return _question(service, principal, request, act, await flow.find(service, subject))


@router.post("/users/{subject}/{name}")
async def post_act(subject: str, name: str, request: Request, service: Serving) -> Response:
    act, form = _act(name), await read_form(request)
    user = await flow.find(service, subject)
    try:
        return await act.carry_out(service, user, form)
    except Refused as refused:
        if refused.reason is Refusal.NOT_FOUND:
            raise
        principal = await admit(request)
        return _question(service, principal, request, act, user, refused, form.get("roles"))


def _question(
    service: Service,
    principal: Principal,
    request: Request,
    act: Act,
    user: User,
    refused: Refused | None = None,
    roles: str | None = None,
) -> Response:
    now = ", ".join(sorted(user.roles)) if roles is None else roles
    return question(
        service,
        principal,
        request,
        heading=act.heading.format(user.email),
        sentence=act.sentence,
        button=act.button,
        danger=act.danger,
        back=user_path(user.subject),
        roles=now if act.takes_roles else None,
        refused=refused,
    )


def _act(name: str) -> Act:
    if name not in ACTIONS:
        raise Refused(Refusal.NOT_FOUND)
    return ACTIONS[name]
