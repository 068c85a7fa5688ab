"""What a login by mail does."""

from secrets import token_hex
from typing import NamedTuple

from starlette.responses import Response

from ....errors import Reason, Rejected
from ....types import Issued
from ....web import limits
from ....web.asgi import current_visit
from ....web.transport import Transport
from ...accounts import mail_code, tickets
from ...accounts.apply_decisions import apply_decisions
from ...accounts.link_state import state_of
from ...accounts.mail_code import LETTER, LINK, MailLogin, Request
from ...accounts.user import User
from ...flow_cookie import begin_flow, end_flow, is_this_browser
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.asked_letter import write_letter
from ...steps.create_account import address_of
from ...steps.limits import noting_limits
from ...steps.links import bad_link
from ...steps.second_step import Asked, log_in
from ...steps.verification import drop_unproved_factors, verify_address

PROOF = ("email",)
"""The factor of a login by mail."""


class Entered(NamedTuple):
    """A login that succeeded so far, and the request that it answers."""

    begun: Issued | Asked
    request: Request

    @property
    def via(self) -> Transport:
        return _via(self.request)


class Opened(NamedTuple):
    """A link that somebody opened: `here` in the browser that asked; elsewhere it only shows the
    code."""

    login: MailLogin
    code: str
    here: bool


def check_offered(service: Service) -> None:
    """Refuse where nobody logs in by mail."""
    if not service.options.login_by_mail:
        raise Refused(Refusal.NOT_FOUND)


async def ask_for_letter(
    service: Service, response: Response, email: str, via: Transport, return_to: str = ""
) -> str:
    """Write a letter to this address, and return the ticket with which its code is shown; by
    cookie, `response` binds it to this browser.  Nothing tells here whether there is an account.
    Refuses what is no address, and too many from one source."""
    visit, at = current_visit(), service.clock()
    await visit.check_origin()
    if via == "cookie":
        await visit.check_keeps_cookies()
    check_offered(service)
    address = address_of(email)
    async with noting_limits(service):
        await service.limiter.count(limits.letters_from(visit.device().address))
    ticket = tickets.new()
    browser = begin_flow(response, ticket) if via == "cookie" else ""
    request = Request(token_hex(16), browser, via, return_to)
    await mail_code.keep_request(service.auth.store, ticket, request, at=at)
    await write_letter(service, "login_asked", address, (LETTER, tuple(request)))
    return ticket


async def open_link(service: Service, ticket: str) -> Opened:
    """What a link is good for here.  Nothing is used up: mail scanners look at links too."""
    check_offered(service)
    store, at = service.auth.store, service.clock()
    request = await mail_code.id_in_link(store, ticket, at=at)
    login = await mail_code.look(store, request, at=at) if request else None
    if login is None:
        raise await bad_link(service, LINK)
    await _user(service, login.subject, login.state)
    here = bool(login.request.browser) and is_this_browser(login.request.browser)
    return Opened(login, mail_code.code_in(f"?ticket={ticket}"), here)


async def enter_by_link(service: Service, response: Response, ticket: str) -> Entered | Opened:
    """Log in, in the browser that asked.  Any other gets the code instead: whoever lures somebody
    into opening a link must not be logged in by that, nor log them in."""
    await current_visit().check_origin()
    opened = await open_link(service, ticket)
    if not opened.here:
        return opened
    store, at = service.auth.store, service.clock()
    login = await mail_code.take(store, opened.login.request.id, at=at)
    if login is None:
        raise await bad_link(service, LINK, subject=opened.login.subject)
    return await _enter(service, response, login)


async def refused_elsewhere(service: Service, opened: Opened) -> Refused:
    """Record a link that somebody tried to log in with in another browser, and return its
    refusal."""
    refused = Refused(Refusal.LOGIN_EXPIRED, "Type the code where the letter was asked for.")
    subject = opened.login.subject
    await service.recorder.note("link_refused", subject=subject, outcome=refused.reason, link=LINK)
    return refused


async def enter_by_code(service: Service, response: Response, ticket: str, code: str) -> Entered:
    """Log in with the code, where it was asked for.  Without an account there is none, and every
    code is wrong: the answer and the work are the same."""
    visit, store = current_visit(), service.auth.store
    await visit.check_origin()
    check_offered(service)
    request = await _request(service, ticket)
    login = await mail_code.look(store, request.id, at=service.clock())

    async def check() -> bool:
        seal = service.auth.factor_seal
        if login is None:
            seal.close("", code[:8].encode("utf-8", "replace"))  # as much work as to open one
            return False
        right = login.has_code(code, seal)
        return right and await mail_code.take(store, request.id, at=service.clock()) is not None

    subject = "" if login is None else login.subject
    buckets = (limits.source(visit.device().address), limits.mail_codes(request.id))
    async with noting_limits(service, subject):
        right = await service.limiter.guess(buckets, check)
    if login is None or not right:
        refused = Refused(Refusal.WRONG_CODE, field="code")
        await service.recorder.note("wrong_code", subject=subject, outcome=refused.reason)
        raise refused
    return await _enter(service, response, login)


async def _request(service: Service, ticket: str) -> Request:
    found = await mail_code.request_of(service.auth.store, ticket, at=service.clock())
    if found is None or (found.browser and not is_this_browser(found.browser)):
        raise Refused(Refusal.LOGIN_EXPIRED)
    return found


async def _enter(service: Service, response: Response, login: MailLogin) -> Entered:
    """Begin the session of whom a letter logs in, or ask for the second factor.  When the person is
    changed meanwhile, it is tried once again, unless the change made the letter void."""
    state = state_of(await _proved(service, login))
    try:
        begun = await _begin(service, response, login, state)
    except Rejected as rejected:
        if rejected.reason is not Reason.SUPERSEDED:
            raise
        begun = await _begin(service, response, login, state)
    if login.request.browser and not isinstance(begun, Asked):
        end_flow(response)
    return Entered(begun, login.request)


async def _begin(
    service: Service, response: Response, login: MailLogin, state: str
) -> Issued | Asked:
    attempt = await service.doorward.attempt()  # the mark, before the user is looked at
    user = await _user(service, login.subject, state)
    via, back = _via(login.request), login.request.return_to
    return await log_in(service, attempt, response, user, via, PROOF, back)


async def _proved(service: Service, login: MailLogin) -> User:
    """The user, whose address is proved by this login.

    At the first proof the password is taken away and all sessions end: somebody who does not own
    the address may have made the account, to wait in it for the owner.
    """
    user = await _user(service, login.subject, login.state)
    changed: User | None = None
    if user.verified_at is None and user.password_hash is None:
        changed = await verify_address(service, user)
    elif user.verified_at is None:
        # before, since a crash must not leave them in a proved account
        await drop_unproved_factors(service, user)
        changed = await service.email_changes.take_over(user, at=service.clock())
        if changed is None:
            raise Refused(Refusal.LOGIN_EXPIRED)
        await service.recorder.note("password_voided", subject=user.subject, actor=user.subject)
    if changed is not None or user.ends:  # otherwise a sweep would end the new session
        device = current_visit().device()
        await apply_decisions(service.users, service.auth, changed or user, device=device)
    await drop_unproved_factors(service, user)  # and after the sessions that could add others
    return changed or user


async def _user(service: Service, subject: str, state: str) -> User:
    user = await service.users.by_subject(subject)
    if user is None or user.locked_at is not None or state_of(user) != state:
        raise Refused(Refusal.LOGIN_EXPIRED)
    return user


def _via(request: Request) -> Transport:
    return "cookie" if request.via == "cookie" else "bearer"
