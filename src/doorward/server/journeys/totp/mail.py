"""The letters about an authenticator app."""

from ...mail.letter import IF_YOU, NOT_YOU, STUCK, Template

TOTP_ADDED = Template(
    "An authenticator app was set up",
    (
        "An authenticator app was set up for your account at {site}. Logins now ask for its code.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
        "Then log in, and remove the app on this page:\n{security}",
        STUCK,
    ),
)

TOTP_REMOVED = Template(
    "Your authenticator app was removed",
    (
        (
            "The authenticator app of your account at {site} was removed. Logins no longer ask for"
            " its code."
        ),
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
        "Then log in, and set up your app again on this page:\n{security}",
    ),
)
