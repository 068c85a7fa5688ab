"""Which passwords people may choose."""

from ..doctor_facts import Facts
from .finding import NOTE, OK, UNSAFE, Finding

ADVISED_PASSWORD = 15
"""Characters advised while the password is the only factor (NIST SP 800-63B, ASVS 6.2.1)."""


def shortest(facts: Facts) -> Finding:
    """How short a password may be."""
    least = facts.options.min_password
    if least < ADVISED_PASSWORD:
        return Finding(
            NOTE,
            f"Passwords of {least} characters are accepted, and they are the only factor.",
            f"Set --min-password to {ADVISED_PASSWORD}.",
        )
    return Finding(OK, f"New passwords have at least {least} characters.")


def breached(facts: Facts) -> Finding:
    """Whether passwords that were stolen elsewhere are refused."""
    found = facts.breached
    if found is None:
        return Finding(
            OK,
            "Passwords on the list of common ones are refused; --breached-file adds stolen ones of"
            " a list of yours.",
        )
    if isinstance(found, str):
        return Finding(
            UNSAFE,
            f"A server refuses to start: {found}.",
            "Give the filter that `doorward passwords import` made.",
        )
    return Finding(
        OK,
        f"{found.entries:,} stolen passwords are refused, by a filter of {found.file_size:,} bytes;"
        f" by mistake 1 in {found.one_in:,} others.",
    )
