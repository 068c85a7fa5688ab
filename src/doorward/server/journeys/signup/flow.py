"""What a sign-up does."""

from ....web import limiter
from ....web.asgi import current_visit
from ...accounts.user import User
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.create_account import create_account
from ...steps.limits import noting_limits


async def signup(service: Service, email: str, password: str) -> User:
    """Add a user without roles.  Refuses an address that has an account, and a weak password."""
    visit, options = current_visit(), service.options
    await visit.check_origin()
    bucket = limiter.signups(visit.device().address, options.signup_limit)
    try:
        if options.signup == "closed":
            raise Refused(Refusal.SIGNUP_CLOSED)
        async with noting_limits(service):
            return await create_account(service, email, password, bucket)
    except Refused as refused:
        if refused.reason is not Refusal.TOO_MANY_ATTEMPTS:
            # never the address that was typed: people type passwords into the wrong field
            await service.recorder.note("signup_refused", outcome=refused.reason)
        raise
