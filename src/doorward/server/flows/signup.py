"""Make an account."""

from ...passwords import UnacceptablePassword
from ...web import limiter
from ...web.asgi import current_visit
from ...web.limiter import Bucket
from ..accounts.email import InvalidEmail, canonical
from ..accounts.policy import check_password
from ..accounts.users import EmailTaken, User
from ..refusals import Refusal, Refused
from ..service import Service
from .limits import noting_limits


async def signup(service: Service, email: str, password: str) -> User:
    """Add a user without roles.  Refuses an address that has an account, and a weak password."""
    visit, options = current_visit(), service.options
    await visit.check_origin()
    bucket = limiter.signups(visit.device().address, options.signup_limit)
    try:
        if options.signup == "closed":
            raise Refused(Refusal.SIGNUP_CLOSED)
        async with noting_limits(service):
            return await make(service, email, password, bucket)
    except Refused as refused:
        if refused.reason is not Refusal.TOO_MANY_ATTEMPTS:
            # never the address that was typed, as in `login`
            await service.recorder.note("signup_refused", outcome=refused.reason)
        raise


async def make(service: Service, email: str, password: str, bucket: Bucket | None = None) -> User:
    """Add a user without roles, counted in `bucket`, whether or not strangers may sign up."""
    address = _address(email)
    minimum = service.options.min_password
    acceptable(password, email=address, minimum=minimum, field="password")
    if bucket is not None:
        await service.limiter.count(bucket)
    try:
        hashed = await service.passwords.hash(password)
        user = await service.users.create(address, hashed, at=service.clock())
    except EmailTaken:
        raise Refused(Refusal.EMAIL_TAKEN, field="email") from None
    await service.recorder.note("signup", subject=user.subject, actor=user.subject)
    return user


def acceptable(password: str, *, email: str, minimum: int, field: str) -> None:
    """Refuse a new password that is weak; `field` is the form's name for it."""
    try:
        check_password(password, email=email, minimum=minimum)
    except UnacceptablePassword as unacceptable:
        raise Refused(Refusal.WEAK_PASSWORD, str(unacceptable), field=field) from None


def _address(email: str) -> str:
    try:
        return canonical(email)
    except InvalidEmail as invalid:
        raise Refused(Refusal.INVALID_EMAIL, str(invalid), field="email") from None
