"""The letters about an authenticator app."""

from ...mail.letter import IF_YOU, NOT_YOU, Template

TOTP_ADDED = Template(
    "An authenticator app was set up",
    (
        "An authenticator app was set up for your account. Each login now asks for its code.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
    ),
)

TOTP_REMOVED = Template(
    "Your authenticator app was removed",
    (
        "The authenticator app of your account was removed. Logins no longer ask for its code.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
    ),
)
