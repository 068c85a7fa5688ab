"""How a passkey logs somebody in, ends the second step of a login, or proves that it is still
them."""

from starlette.responses import Response

from ....errors import Reason, Rejected
from ....types import Issued, Principal
from ....web.fastapi import LoginAttempt
from ....web.transport import Transport
from ...accounts.apply_decisions import apply_decisions
from ...accounts.ceremony import Answer, Json
from ...accounts.passkeys import Passkey
from ...flow_cookie import end_flow
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.confirm_password import owner
from ...steps.elevated import elevated
from ...steps.second_step import Asked, Step, begin_proved, log_in, step_of
from .challenge import LOGIN, SECOND_STEP, STEP_UP, ceremony_of, challenge, proved, refusal


async def begin_login(service: Service, response: Response) -> Json:
    """The options for a login without a name.  They name no passkey, so they are alike for
    everybody, and tell nobody who has an account."""
    return ceremony_of(service).request(await challenge(service, response, LOGIN), ())


async def finish_login(
    service: Service, response: Response, answer: Answer, via: Transport
) -> Issued | Asked:
    """Begin a session of the person whose passkey was used; by cookie, `response` carries it.  When
    the person's roles change meanwhile, it is tried once again with the new ones."""
    attempt = await service.doorward.attempt()
    passkey = await proved(service, answer, LOGIN)
    try:
        begun = await _begin(service, attempt, response, passkey, via)
    except Rejected as refused:
        if refused.reason is not Reason.SUPERSEDED:
            raise
        attempt = await service.doorward.attempt()
        begun = await _begin(service, attempt, response, passkey, via)
    if via == "cookie":
        end_flow(response)
    return begun


async def begin_second_step(service: Service, response: Response, ticket: str) -> Json:
    """The options for the second step of a login: the person's own passkeys, which are named to
    nobody who did not prove the first factor."""
    step = await step_of(service, ticket)
    subject = step.user.subject
    text = await challenge(service, response, SECOND_STEP, subject)
    return ceremony_of(service).request(text, await _passkeys(service, subject))


async def finish_second_step(
    service: Service, response: Response, ticket: str, answer: Answer
) -> tuple[Issued, Step]:
    """Begin the session of a login that waits for its second factor."""
    attempt = await service.doorward.attempt()
    step = await step_of(service, ticket)
    subject = step.user.subject
    passkey = await proved(service, answer, SECOND_STEP, subject, subject)
    return await begin_proved(service, attempt, response, step, passkey.amr), step


async def begin_step_up(service: Service, principal: Principal, response: Response) -> Json:
    """The options for a step-up: the person's own passkeys."""
    subject = (await owner(service, principal)).subject
    text = await challenge(service, response, STEP_UP, principal.sid)
    return ceremony_of(service).request(text, await _passkeys(service, subject))


async def finish_step_up(service: Service, principal: Principal, answer: Answer) -> Issued:
    """A new secret for the same session, authenticated now (RFC 9470)."""
    await owner(service, principal)
    passkey = await proved(service, answer, STEP_UP, principal.sid, principal.subject)
    return await elevated(service, principal, *passkey.amr)


async def _begin(
    service: Service, attempt: LoginAttempt, response: Response, passkey: Passkey, via: Transport
) -> Issued | Asked:
    """`attempt` is from before the person is looked at, and their passkey once more: those who
    reset factors end every login that began before."""
    if await service.passkeys.by_id(passkey.credential_id) is None:
        raise await refusal(service, "no such passkey", reason=Refusal.UNKNOWN_PASSKEY)
    user = await service.users.by_subject(passkey.subject)
    if user is None or user.locked_at is not None:
        raise await refusal(service, "the account is locked or gone", passkey.subject)
    if user.ends:  # otherwise a sweep would end the new session
        await apply_decisions(service.users, service.auth, user)
    return await log_in(service, attempt, response, user, via, passkey.amr)


async def _passkeys(service: Service, subject: str) -> list[Passkey]:
    """Refuses somebody who has none: without a list, any passkey could be chosen."""
    found = list(await service.passkeys.of(subject))
    if not found:
        raise Refused(Refusal.UNKNOWN_PASSKEY, "This account has no passkey.")
    return found
