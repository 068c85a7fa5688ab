"""What an administrator can do, each act at an address of its own: a look asks, a form does it.

To look already needs a recent proof, so that nobody has to prove anything in the middle of an act;
should it have become too old meanwhile, the way leads back to the question, never to the deed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...types import Principal, SigningKey
from ...web import origin
from ..accounts.users import User
from ..flows import administer
from ..plural import counted
from ..refusals import Refusal, Refused
from ..routes.access import ConsoleRoute, admit
from ..routes.api import Serving
from ..service import Service
from ..ui.console import ActPage, LinkPage
from ..ui.forms import read_form
from ..ui.rendering import MessagePage
from .menu import menu_of
from .responses import show, wrong

router = APIRouter(prefix="/admin", route_class=ConsoleRoute, include_in_schema=False)

Form = Mapping[str, str]


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
    _, ended = await administer.lock_user(service, user.subject)
    return _done(
        service,
        user,
        "Locked",
        f"{user.email} cannot log in any more; {counted(ended, 'session')} ended.",
    )


async def _unlock(service: Service, user: User, form: Form) -> Response:
    await administer.unlock_user(service, user.subject)
    return _done(service, user, "Unlocked", f"{user.email} can log in again.")


async def _end_all(service: Service, user: User, form: Form) -> Response:
    ended = await administer.end_all(service, user.subject)
    return _done(
        service,
        user,
        "Logged out everywhere",
        f"{counted(ended, 'session')} of {user.email} ended.",
    )


async def _roles(service: Service, user: User, form: Form) -> Response:
    given = frozenset(form.get("roles", "").replace(",", " ").split())
    after, changed = await administer.set_roles(service, user.subject, given)
    names = ", ".join(sorted(after.roles)) or "no roles"
    said = (
        f"{user.email} has {names}; {counted(changed, 'session')} changed, nobody was logged out."
    )
    return _done(service, user, "Roles set", said)


async def _reset_link(service: Service, user: User, form: Form) -> Response:
    if service.options.mail == "smtp":
        await administer.send_reset_link(service, user.subject)
        said = f"A link is on its way to {user.email}. It works once, for an hour after it is sent."
        return _done(service, user, "Link sent", said)
    _, link, expires_at = await administer.make_reset_link(service, user.subject)
    page = LinkPage(
        menu=menu_of(service),
        email=user.email,
        link=link,
        expires_at=expires_at,
        back=_page_of(user),
    )
    return show(page)


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
    return show(_asked(service, principal.sid, act, name, await administer.find(service, subject)))


@router.post("/users/{subject}/{name}")
async def post_act(subject: str, name: str, request: Request, service: Serving) -> Response:
    act, form = _act(name), await read_form(request)
    user = await administer.find(service, subject)
    try:
        return await act.carry_out(service, user, form)
    except Refused as refused:
        if refused.reason is Refusal.NOT_FOUND:
            raise
        sid = (await admit(request)).sid
        return show(_asked(service, sid, act, name, user, refused, form.get("roles")), refused)


@router.get("/sessions/end-all")
async def get_end_everyone(request: Request, service: Serving) -> Response:
    principal = await admit(request, act=True)
    return _question(
        service,
        principal,
        heading="Log everybody out?",
        sentence="Every session ends, your own other ones included; only this one stays."
        " Everybody can log in again. With very many sessions this takes minutes: wait for the"
        " answer.",
        button="End everybody's sessions",
        danger=True,
        action="/admin/sessions/end-all",
        back="/admin",
    )


@router.post("/sessions/end-all")
async def post_end_everyone(request: Request, service: Serving) -> Response:
    ended = await administer.end_everyone(service, await admit(request))
    whose = counted(ended.people, "person", "people")
    said = f"{counted(ended.sessions, 'session')} of {whose} ended. You are still logged in here."
    return _done(service, None, "Everybody is logged out", said)


@router.get("/sessions/{sid}/end")
async def get_end(sid: str, request: Request, service: Serving) -> Response:
    principal = await admit(request, act=True)
    session = await service.auth.session(sid)
    if session is None or session.revoked_at is not None:
        raise Refused(Refusal.NOT_FOUND, "This session ended before.")
    user = await service.users.by_subject(session.subject)
    return _question(
        service,
        principal,
        heading=f"End this session of {user.email if user else session.subject}?",
        sentence=f"{session.device.label or 'An unknown device'} is logged out at once, and can log"
        " in again.",
        button="End this session",
        danger=True,
        action=f"/admin/sessions/{quote(sid, safe='')}/end",
        back=_page_of(user) if user else "/admin",
    )


@router.post("/sessions/{sid}/end")
async def post_end(sid: str, service: Serving) -> Response:
    subject, ended = await administer.end_one(service, sid)
    user = await service.users.by_subject(subject)
    who = subject if user is None else user.email
    return _done(service, user, "Session ended", f"{counted(ended, 'session')} of {who} ended.")


@router.get("/keys/rotate")
async def get_rotate(request: Request, service: Serving) -> Response:
    principal = await admit(request, act=True)
    return _question(
        service,
        principal,
        heading="Let the next key take over?",
        sentence="Nobody is logged out and no request fails, because the next key is published an"
        " hour before it signs.",
        button="Rotate",
        action="/admin/keys/rotate",
        back="/admin/keys",
    )


@router.post("/keys/rotate")
async def post_rotate(service: Serving) -> Response:
    key = await administer.rotate_keys(service.auth)
    return _done_keys(service, "Rotated", f"Key {key.kid} takes over within an hour.")


@router.get("/keys/{kid}/compromise")
async def get_compromise(kid: str, request: Request, service: Serving) -> Response:
    principal = await admit(request, act=True)
    keys: list[SigningKey] = [each for each in await service.auth.signing.keys() if each.kid == kid]
    if not keys:
        raise Refused(Refusal.NOT_FOUND, "There is no such key.")
    return _question(
        service,
        principal,
        heading="Is this key compromised?",
        sentence=f"If it is, nothing that {kid} signed is accepted any more. People with a good"
        " refresh token stay logged in, and another key signs at once. This cannot be undone.",
        button="Yes, this key is compromised",
        danger=True,
        action=f"/admin/keys/{quote(kid, safe='')}/compromise",
        back="/admin/keys",
    )


@router.post("/keys/{kid}/compromise")
async def post_compromise(kid: str, service: Serving) -> Response:
    gone, signer = await administer.compromise_key(service.auth, kid)
    said = f"Withdrew {', '.join(gone)}." if gone else "This key was withdrawn before."
    return _done_keys(service, "Withdrawn", f"{said} Key {signer.kid} signs now.")


def _question(
    service: Service,
    principal: Principal,
    *,
    heading: str,
    sentence: str,
    button: str,
    action: str,
    back: str,
    danger: bool = False,
) -> Response:
    """The page that asks once about an act that needs no words of the administrator's."""
    page = ActPage(
        csrf_token=_csrf(service, principal.sid),
        menu=menu_of(service),
        heading=heading,
        sentence=sentence,
        button=button,
        danger=danger,
        action=action,
        back=back,
    )
    return show(page)


def _asked(
    service: Service,
    sid: str,
    act: Act,
    name: str,
    user: User,
    refused: Refused | None = None,
    roles: str | None = None,
) -> ActPage:
    now = ", ".join(sorted(user.roles)) if roles is None else roles
    return ActPage(
        csrf_token=_csrf(service, sid),
        menu=menu_of(service),
        heading=act.heading.format(user.email),
        sentence=act.sentence,
        button=act.button,
        danger=act.danger,
        action=f"{_page_of(user)}/{name}",
        back=_page_of(user),
        roles=now if act.takes_roles else None,
        **wrong(refused),
    )


def _act(name: str) -> Act:
    if name not in ACTIONS:
        raise Refused(Refusal.NOT_FOUND)
    return ACTIONS[name]


def _csrf(service: Service, sid: str) -> str:
    return origin.csrf_token(service.auth.csrf_keys, sid)


def _page_of(user: User) -> str:
    return f"/admin/users/{user.subject}"


def _done(service: Service, user: User | None, heading: str, sentence: str) -> Response:
    if user is None:
        back, name = "/admin", "Back to who is online"
    else:
        back, name = _page_of(user), f"Back to {user.email}"
    return _result(service, heading, sentence, back, name)


def _done_keys(service: Service, heading: str, sentence: str) -> Response:
    return _result(service, heading, sentence, "/admin/keys", "Back to the keys")


def _result(service: Service, heading: str, sentence: str, back: str, name: str) -> Response:
    page = MessagePage(
        heading=heading, sentence=sentence, link=back, link_text=name, menu=menu_of(service)
    )
    return show(page)
