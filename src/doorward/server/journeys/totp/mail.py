"""The letters about an authenticator app."""

from ...mail.letter import IF_YOU, Template

_NOT_YOU = (
    "If it was not you, somebody else has your account. Log in, change your password, look at the"
    " page Security, and log out the devices that you do not recognise:\n{login}"
)

TOTP_ADDED = Template(
    "An authenticator app was set up",
    (
        "An authenticator app was set up for your account. Each login now asks for its code.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        _NOT_YOU,
    ),
)

TOTP_REMOVED = Template(
    "Your authenticator app was removed",
    (
        "The authenticator app of your account was removed. Logins no longer ask for its code.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        _NOT_YOU,
    ),
)
