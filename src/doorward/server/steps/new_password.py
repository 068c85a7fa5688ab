"""Judges a password that somebody chose."""

from ...password_policy import check_password
from ...passwords import UnacceptablePassword
from ..refusals import Refusal, Refused
from ..service import Service


def check_new_password(service: Service, password: str, *, email: str, field: str) -> None:
    """Refuse a new password that is weak; `field` is the form's name for it."""
    try:
        check_password(
            password,
            email=email,
            minimum=service.options.min_password,
            site=service.options.site_name,
            breached=service.breached,
        )
    except UnacceptablePassword as unacceptable:
        raise Refused(Refusal.WEAK_PASSWORD, str(unacceptable), field=field) from None
