"""Makes an account, whether or not strangers may sign up."""

from ...web.limiter import Bucket
from ..accounts.email import InvalidEmail, canonical
from ..accounts.user import EmailTaken, User
from ..refusals import Refusal, Refused
from ..service import Service
from .new_password import check_new_password


async def create_account(
    service: Service, email: str, password: str, bucket: Bucket | None = None
) -> User:
    """Add a user without roles, counted in `bucket`.  Refuses an address that has an account, and a
    weak password."""
    address = _address(email)
    check_new_password(service, password, email=address, field="password")
    if bucket is not None:
        await service.limiter.count(bucket)
    try:
        hashed = await service.passwords.hash(password)
        user = await service.users.create(address, hashed, at=service.clock())
    except EmailTaken:
        raise Refused(Refusal.EMAIL_TAKEN, field="email") from None
    await service.recorder.note("signup", subject=user.subject, actor=user.subject)
    return user


def _address(email: str) -> str:
    try:
        return canonical(email)
    except InvalidEmail as invalid:
        raise Refused(Refusal.INVALID_EMAIL, str(invalid), field="email") from None
