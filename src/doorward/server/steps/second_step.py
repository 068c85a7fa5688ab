"""The step between two factors.  Whoever proved the first one has no session, but a ticket that is
bound to their browser; what it stands for is looked at again when the second one is proved."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.responses import Response

from ...errors import Reason, Rejected
from ...factors import MFA, proves, together
from ...settings import MINUTE
from ...types import Issued
from ...web import limits
from ...web.asgi import current_visit
from ...web.fastapi import LoginAttempt
from ...web.limits import Bucket
from ...web.transport import Transport
from ..accounts import tickets
from ..accounts.devices import whose
from ..accounts.factor_policy import must_have_second
from ..accounts.factors import Held
from ..accounts.link_state import login_state
from ..accounts.user import User
from ..flow_cookie import begin_flow, end_flow, is_this_browser
from ..refusals import Refusal, Refused
from ..service import Service
from .begin_session import begin_session
from .limits import noting_limits

TICKET = "second_step"

LIFETIME = 10 * MINUTE
"""Seconds for the second step, which may be to set up an app."""

PAGE = "/login/factor"


class Asked(NamedTuple):
    """A second factor is asked for.  `factors` are those that the person holds, by the names of
    `doorward.factors`; none where they have to set one up first."""

    ticket: str
    factors: tuple[str, ...]


class Step(NamedTuple):
    """A login that waits for its second factor.  `amr` is what was proved before."""

    ticket: str
    user: User
    held: Held
    via: Transport
    amr: tuple[str, ...]
    return_to: str


async def log_in(
    service: Service,
    attempt: LoginAttempt,
    response: Response,
    user: User,
    via: Transport,
    amr: tuple[str, ...],
    return_to: str = "",
) -> Issued | Asked:
    """Begin a session for somebody who proved `amr`, or ask for the second factor that they have or
    must have.  By cookie, `response` carries the one or binds the other to this browser.

    Every login of a person ends here, so that none is weaker than the others (ASVS 6.3.4).
    """
    if not proves(amr, MFA):
        held = await service.factors.held(user.subject)
        if held.second or must_have_second(service.options.require_factor, user.roles):
            return await _ask(service, attempt, response, user, held, via, amr, return_to)
    return await begin_session(service, attempt, response, user, via, amr)


async def step_of(service: Service, ticket: str) -> Step:
    """What a ticket stands for now; nothing is used up.  Refuses, with `login_expired`, one that is
    unknown, used, too old or another browser's, and one of a user who was locked or changed
    since."""
    claim = await tickets.look(service.auth.store, TICKET, ticket, at=service.clock())
    if claim is None:
        raise await _over(service)
    subject, state, via, amr, return_to, browser = claim.words
    user = await service.users.by_subject(subject)
    if browser and not is_this_browser(browser):
        raise await _over(service, subject)
    if user is None or user.locked_at is not None or login_state(user) != state:
        raise await _over(service, subject)
    held = await service.factors.held(subject)
    proved = tuple(amr.split())
    return Step(ticket, user, held, "cookie" if via == "cookie" else "bearer", proved, return_to)


async def finish(
    service: Service,
    response: Response,
    ticket: str,
    amr: tuple[str, ...],
    check: Callable[[Step], Awaitable[bool]],
) -> tuple[Issued, Step]:
    """Begin the session of a login whose second factor `check` finds right; `amr` is what that
    proves.  The ticket is used up only then: of many at once, one gets the session."""
    attempt = await service.doorward.attempt()  # the mark, before anything is looked at
    step = await step_of(service, ticket)
    await guess_code(service, step.user, lambda: check(step), code_buckets(service, step.user))
    return await begin_proved(service, attempt, response, step, amr), step


async def begin_proved(
    service: Service, attempt: LoginAttempt, response: Response, step: Step, amr: tuple[str, ...]
) -> Issued:
    """The session of a login whose second factor was right.  `attempt` is from before `step` was
    looked at.  Of many with one ticket, one gets it."""
    used = await tickets.use(service.auth.store, TICKET, step.ticket, at=service.clock())
    if used is None:
        raise Refused(Refusal.LOGIN_EXPIRED)
    proved = together(*step.amr, *amr)
    try:
        issued = await begin_session(service, attempt, response, step.user, step.via, proved)
    except Rejected as rejected:
        if rejected.reason is not Reason.SUPERSEDED:
            raise
        raise Refused(Refusal.LOGIN_EXPIRED) from None  # changed between the look and the session
    if step.via == "cookie":
        end_flow(response)
    return issued


async def guess_code(
    service: Service,
    user: User,
    check: Callable[[], Awaitable[bool]],
    buckets: tuple[Bucket, ...],
    sid: str = "",
) -> None:
    """Let `check` judge a code, and refuse a wrong one, which is counted in `buckets`."""
    async with noting_limits(service, user.subject):
        right = await service.limiter.guess(buckets, check)
    if not right:
        refused = Refused(Refusal.WRONG_CODE, field="code")
        await service.recorder.note(
            "wrong_code", subject=user.subject, sid=sid, outcome=refused.reason
        )
        raise refused


def code_buckets(service: Service, user: User) -> tuple[Bucket, ...]:
    """On a device where the person logged in before, a count of its own: who learned the password
    elsewhere cannot keep the owner out there."""
    name = service.devices.recognise(current_visit().headers, whose(user))
    return limits.codes_at(name, user.subject) if name else limits.codes(user.subject)


async def _ask(
    service: Service,
    attempt: LoginAttempt,
    response: Response,
    user: User,
    held: Held,
    via: Transport,
    amr: tuple[str, ...],
    return_to: str,
) -> Asked:
    await attempt.forgive()
    visit = current_visit()
    if via == "cookie":
        await visit.check_keeps_cookies()
    ticket = tickets.new()
    browser = begin_flow(response, ticket) if via == "cookie" else ""
    words = (user.subject, login_state(user), via, " ".join(amr), return_to, browser)
    claim = tickets.Claim(words, service.clock() + LIFETIME)
    await tickets.put_back(service.auth.store, TICKET, ticket, claim)
    await service.recorder.note("factor_asked", subject=user.subject, actor=user.subject)
    return Asked(ticket, held.names)


async def _over(service: Service, subject: str = "") -> Refused:
    refused = Refused(Refusal.LOGIN_EXPIRED)
    await service.recorder.note(
        "link_refused", subject=subject, outcome=refused.reason, link=TICKET
    )
    return refused
