"""Makes an account, whether or not strangers may sign up."""

from ...web.limits import Bucket
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
    address, hashed = await new_credentials(service, email, password, bucket)
    try:
        user = await service.users.create(address, hashed, at=service.clock())
    except EmailTaken:
        raise Refused(Refusal.EMAIL_TAKEN, field="email") from None
    await service.recorder.note("signup", subject=user.subject, actor=user.subject)
    return user


async def new_credentials(
    service: Service, email: str, password: str, bucket: Bucket | None
) -> tuple[str, str]:
    """The address in its canonical form, and the hash of a password that is fit for it; counted in
    `bucket`.  Nobody looks whether the address has an account."""
    address = address_of(email)
    check_new_password(service, password, email=address, field="password")
    if bucket is not None:
        await service.limiter.count(bucket)
    return address, await service.passwords.hash(password)


def address_of(email: str) -> str:
    """The canonical form of an address.  Refuses what is none."""
    try:
        return canonical(email)
    except InvalidEmail as invalid:
        raise Refused(Refusal.INVALID_EMAIL, str(invalid), field="email") from None
