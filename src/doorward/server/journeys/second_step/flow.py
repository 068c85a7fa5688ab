"""What proves a second factor after the first."""

from starlette.responses import Response

from ....types import Issued
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.enrol_totp import Enrolment, begin_totp, confirm_totp
from ...steps.recovery_code import use_recovery_code
from ...steps.second_step import Step, begin_proved, code_buckets, finish, step_of


async def prove_totp(
    service: Service, response: Response, ticket: str, code: str
) -> tuple[Issued, Step]:
    """Begin the session, if this is a code of the person's app."""

    async def check(step: Step) -> bool:
        return await service.totp.use(step.user.subject, code, at=service.clock())

    return await finish(service, response, ticket, ("otp",), check)


async def prove_recovery_code(
    service: Service, response: Response, ticket: str, code: str
) -> tuple[Issued, Step]:
    """Begin the session, if this is an unused recovery code."""

    async def check(step: Step) -> bool:
        return await use_recovery_code(service, step.user.subject, step.held, code)

    return await finish(service, response, ticket, ("recovery",), check)


async def enrol(service: Service, ticket: str, *, again: bool = False) -> tuple[Enrolment, Step]:
    """A secret for the app of somebody who must have a second factor and has none."""
    step = await _without(service, ticket)
    return await begin_totp(service, step.user, ticket, again=again), step


async def confirm_enrolment(
    service: Service, response: Response, ticket: str, code: str
) -> tuple[Issued, Step, tuple[str, ...]]:
    """Keep the app and begin the session.  Also the recovery codes, which are shown once."""
    attempt = await service.doorward.attempt()
    step = await _without(service, ticket)
    buckets = code_buckets(service, step.user)
    codes = await confirm_totp(service, step.user, ticket, code, buckets, first=True)
    return await begin_proved(service, attempt, response, step, ("otp",)), step, codes


async def _without(service: Service, ticket: str) -> Step:
    """Refuses somebody who has a second factor by now: who only knows the password must prove it
    and cannot add another."""
    step = await step_of(service, ticket)
    if step.held.second:
        raise Refused(Refusal.FACTOR_EXISTS)
    return step
