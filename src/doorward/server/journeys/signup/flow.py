"""What a sign-up does."""

from ....web import limits
from ....web.asgi import current_visit
from ...accounts.user import User
from ...accounts.verify_link import PENDING
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.asked_letter import write_letter
from ...steps.create_account import create_account, new_credentials
from ...steps.limits import noting_limits
from ...steps.verification import send_verification


async def signup(service: Service, email: str, password: str, return_to: str = "") -> User | None:
    """Add a user without roles.  Refuses an address that has an account, and a weak password.

    None where addresses are verified first: then a letter is written in any case, and there will be
    an account once the link in it was used.  `return_to` is a checked path, to which the new user
    then goes.
    """
    visit, options = current_visit(), service.options
    await visit.check_origin()
    bucket = limits.signups(visit.device().address, options.signup_limit)
    try:
        if options.signup == "closed":
            raise Refused(Refusal.SIGNUP_CLOSED)
        async with noting_limits(service):
            if options.verification == "first":
                address, hashed = await new_credentials(service, email, password, bucket)
                kept = (address, hashed, return_to)
                await write_letter(service, "signup_asked", address, (PENDING, kept))
                return None
            user = await create_account(service, email, password, bucket)
        await send_verification(service, user)
        return user
    except Refused as refused:
        if refused.reason is not Refusal.TOO_MANY_ATTEMPTS:
            # never the address that was typed: people type passwords into the wrong field
            await service.recorder.note("signup_refused", outcome=refused.reason)
        raise
