"""The acts on a user, each at an address of its own: a look asks, a form does it.

To look already needs a recent proof, so that nobody has to prove anything in the middle of an act;
should it have become too old meanwhile, the way leads back to the question, never to the deed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from fastapi import Request
from starlette.responses import Response

from ....types import Principal, Roles
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
    """A one-time link for somebody else; it is shown here and never again.  `name` is what it is
    called."""

    template: ClassVar[str] = "admin/users/link.html"
    name: str
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
    takes: Literal["", "roles", "email"] = ""
    danger: bool = False
    ends_all: bool = False


APPLICATIONS = " Applications that they allowed lose their access, too."
"""What is said beside the end of all sessions, where there can be other applications."""


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
    given = role_names(form.get("roles", ""))
    _, changed = await flow.set_roles(service, user.subject, given)
    return see(service.site.path(user_path(user.subject)), "roles_set", changed)


def role_names(text: str) -> Roles:
    """The roles that a field holds, separated by commas or white space."""
    return frozenset(text.replace(",", " ").split())


async def _email(service: Service, user: User, form: Form) -> Response:
    await flow.set_email(service, user.subject, form.get("email", ""))
    return see(service.site.path(user_path(user.subject)), "address_set")


async def _delete(service: Service, user: User, form: Form) -> Response:
    ended = await flow.delete_user(service, user.subject)
    return see(service.site.path("/admin/users"), "user_deleted", ended)


async def _reset_link(service: Service, user: User, form: Form) -> Response:
    made = await flow.give_reset_link(service, user.subject)
    return link_given(service, made, "Reset link", "link_sent")


async def _invite(service: Service, user: User, form: Form) -> Response:
    made = await flow.invite(service, user.subject)
    return link_given(service, made, "Invitation", "invitation_sent")


def link_given(service: Service, made: flow.PasswordLink, name: str, sent: str) -> Response:
    """The page that shows a link, once; or where it was sent, the user's page, which says so."""
    back = user_path(made.user.subject)
    if not made.link:
        return see(service.site.path(back), sent)
    page = LinkPage(
        menu=menu_of(service),
        name=name,
        email=made.user.email,
        link=made.link,
        expires_at=made.expires_at,
        back=back,
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
        ends_all=True,
    ),
    "unlock": Act("Unlock {}?", "This person can log in again.", "Unlock", _unlock),
    "end-all": Act(
        "Log {} out everywhere?",
        "Every session of this person ends at once. They can log in again.",
        "End all sessions",
        _end_all,
        danger=True,
        ends_all=True,
    ),
    "reset-factors": Act(
        "Reset the factors of {}?",
        "Their authenticator app, passkeys and recovery codes are deleted, and every session ends."
        " Until they set up new ones, the password alone logs them in: first make sure that it is"
        " this person who asks. They are told by mail, if this server sends any.",
        "Reset factors",
        _reset_factors,
        danger=True,
        ends_all=True,
    ),
    "roles": Act(
        "Roles of {}",
        "These roles replace the present ones, in live sessions too, from the next request on."
        " Nobody is logged out.",
        "Set roles",
        _roles,
        takes="roles",
    ),
    "address": Act(
        "Address of {}",
        "From now on this person logs in with the new address. Live sessions stay. The address"
        " counts as not verified, links that were sent no longer work, and both addresses get a"
        " mail.",
        "Change the address",
        _email,
        takes="email",
    ),
    "invite": Act(
        "Invite {}?",
        "With the invitation this person can choose a password, once, within seven days. It is"
        " mailed to them. If this server sends no mail, its link is shown to you, once.",
        "Invite",
        _invite,
    ),
    "delete": Act(
        "Delete {}?",
        "The account is erased now, and every session of this person ends at once. This cannot be"
        " undone. The history keeps what happened, without the address.",
        "Delete",
        _delete,
        danger=True,
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
        return _question(service, principal, request, act, user, refused, form.get(act.takes))


def _question(
    service: Service,
    principal: Principal,
    request: Request,
    act: Act,
    user: User,
    refused: Refused | None = None,
    said: str | None = None,
) -> Response:
    also = act.ends_all and service.options.provider
    now = {"roles": ", ".join(sorted(user.roles)), "email": user.email}
    field = {name: now[name] if said is None else said for name in now if name == act.takes}
    return question(
        service,
        principal,
        request,
        heading=act.heading.format(user.email),
        sentence=act.sentence + (APPLICATIONS if also else ""),
        button=act.button,
        danger=act.danger,
        back=user_path(user.subject),
        refused=refused,
        **field,
    )


def _act(name: str) -> Act:
    if name not in ACTIONS:
        raise Refused(Refusal.NOT_FOUND)
    return ACTIONS[name]
